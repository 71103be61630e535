"""`python -m effects`: what a person at a shell sees."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from skimage import data

from effects.__main__ import main
from effects.fast_style.styles import Styles
from effects.fast_style.vectors import pack
from effects.weights import WeightsStore
from tests.conftest import WAIT
from tests.effects.odd_pictures import png, save, scene
from tests.effects.packages import install

SLOW = """
import itertools
import time
class Slow(Effect):
    def run(self, item, ctx):
        for done in itertools.count():
            ctx.step(min(done, 999), 1000)
            time.sleep(0.01)
SPEC = spec("slow", "slow:Slow", photos=(0, 0), roles=())
"""


def command(*arguments: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run in a fresh interpreter, `path` in front of its PYTHONPATH."""
    return subprocess.run(
        [sys.executable, "-m", "effects", *arguments],
        env=os.environ | ({"PYTHONPATH": str(path)} if path else {}),
        capture_output=True,
        text=True,
    )


@pytest.fixture
def photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A photograph in the current folder."""
    monkeypatch.chdir(tmp_path)
    path = Path("cat.jpg")
    path.write_bytes(save(Image.fromarray(data.chelsea()), "JPEG"))
    return path


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    """Every effect, one a line."""
    assert 0 == main(["list"])
    lines = capsys.readouterr().out.splitlines()
    assert {"gatys", "recognize"} <= {line.split()[0] for line in lines}


def test_describe(capsys: pytest.CaptureFixture[str]) -> None:
    """A table with every parameter: default, range, words."""
    assert 0 == main(["describe", "gatys"])
    page = capsys.readouterr().out
    assert "Pictures: photo, style" in page
    assert "strength=1" in page
    assert "a number from 0.1 to" in page
    assert max(map(len, page.splitlines())) <= 100


def test_describe_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """For programs: the specification, with a JSON schema of the parameters."""
    assert 0 == main(["describe", "картина", "--json"])
    described = json.loads(capsys.readouterr().out)
    assert "gatys" == described["name"]
    assert ["photo", "style"] == described["roles"]
    assert {"size", "steps", "strength"} <= set(described["params"]["properties"])
    assert not described["params"]["additionalProperties"]


def test_run_recognize(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Words on stdout, a picture beside, and where it went on stderr; none is overwritten."""
    for name in ("cat-recognize.jpg", "cat-recognize-2.jpg"):
        assert 0 == main(["run", "recognize", str(photo)])
        shown = capsys.readouterr()
        assert "cat" in shown.out
        assert f"wrote {name}\n" == shown.err
        assert "JPEG" == Image.open(name).format


def test_run_as_json(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For programs: labels and words as JSON, and no file that was not asked for."""
    assert 0 == main(["run", "recognize", str(photo), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert "cat" in found["labels"][0]["label"]
    assert {"en", "ru"} == set(found["text"])
    assert [photo] == list(Path().iterdir())


def test_output_format_follows_its_name(photo: Path) -> None:
    """-o decides the format."""
    assert 0 == main(["run", "recognize", "-o", "out.png", str(photo), "--json"])
    assert "PNG" == Image.open("out.png").format


def test_what_was_learned_is_a_file(tmp_path: Path) -> None:
    """A filter is written under its name, beside the picture; nothing is overwritten."""
    code = "from effects.spec import Output\nclass Teacher(Effect):\n"
    code += "    def run(self, item, ctx):\n"
    code += "        return Output(text=WORD, data={'dusk': b'vectors'})\n"
    code += "SPEC = spec('teacher', 'teacher:Teacher', photos=(0, 0), roles=(), teaches='style')\n"
    install(tmp_path, "teacher", code)
    for name in ("dusk.filter", "dusk-2.filter"):
        done = command("run", "teacher", "-o", f"{tmp_path}/out.png", path=tmp_path)
        assert (0, f"wrote {tmp_path}/{name}\n") == (done.returncode, done.stderr)
        assert b"vectors" == (tmp_path / name).read_bytes()


def test_a_learned_filter_is_used(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--filter takes it, and its name is the file's; one that nothing names is an oversight."""
    model = Path(WeightsStore().path("fast_style"))
    styles = Styles.load(model.with_suffix(".npz"))
    gamma, beta = styles.vectors("scream")
    Path("dusk.filter").write_bytes(pack(styles.network, gamma[0], beta[0]))
    run = ["run", "style", str(photo), "-o"]
    assert 0 == main([*run, "theirs.png", "style=scream"])
    assert 0 == main([*run, "ours.png", "style=dusk", "--filter", "dusk.filter"])
    assert Path("theirs.png").read_bytes() == Path("ours.png").read_bytes()

    capsys.readouterr()
    assert 2 == main([*run, "no.png", "style=scream", "--filter", "dusk.filter"])
    assert "dusk.filter is not used; try style=dusk" in capsys.readouterr().err
    assert 2 == main([*run, "no.png", "style=dawn", "--filter", "dawn.filter"])
    assert "dawn.filter: no such file" in capsys.readouterr().err
    assert 2 == main(["run", "recognize", str(photo), "--filter", "dusk.filter"])
    assert "recognize takes no filters" in capsys.readouterr().err


WRONG = {
    "no command": ([], "COMMAND"),
    "unknown command": (["lits"], "choose from"),
    "unknown option": (["run", "recognize", "cat.jpg", "--fast"], "--fast"),
    "unknown effect": (["run", "recognise", "cat.jpg"], "did you mean 'recognize'?"),
    "describe unknown": (["describe", "gatis"], "did you mean 'gatys'?"),
    "misspelt": (["run", "gatys", "cat.jpg", "cat.jpg", "stepps=9"], "did you mean 'steps'?"),
    "out of bounds": (
        ["run", "gatys", "cat.jpg", "cat.jpg", "strength=99"],
        "strength=99: should be a number from 0.1 to",
    ),
    "twice": (["run", "gatys", "cat.jpg", "cat.jpg", "size=256", "size=384"], "given twice"),
    "no style": (["run", "gatys", "cat.jpg"], "please add a style picture"),
    "three pictures": (["run", "gatys", *["cat.jpg"] * 3], "at most 2 pictures"),
    "no such file": (["run", "recognize", "dog.jpg"], "dog.jpg: no such file"),
    "a folder": (["run", "recognize", "."], ".: is a directory"),
    "not a picture": (["run", "recognize", "letter.jpg"], "letter.jpg: the file is not a picture"),
    "endless file": (["run", "recognize", "/dev/zero"], "larger than 64 MB"),
    "huge": (["run", "recognize", "huge.png"], "huge.png: the picture has too many pixels"),
    "output's suffix": (["run", "recognize", "cat.jpg", "-o", "out.doc"], "must end in .png"),
    "output's folder": (["run", "recognize", "cat.jpg", "-o", "no/out.png"], "no folder no"),
    "output a folder": (["run", "recognize", "cat.jpg", "-o", "dir.png"], "is a folder"),
    "device": (["run", "recognize", "cat.jpg", "--device", "gpu"], "no device 'gpu' here"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong(case: str, photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the person got wrong: status 2, one clear line, and nothing is made."""
    Path("letter.jpg").write_text("Dear sirs")
    Path("huge.png").write_bytes(png((30000, 30000, 8, 2), bytes(200)))
    Path("dir.png").mkdir()
    before = set(Path().iterdir())
    arguments, words = WRONG[case]
    try:
        status = main(arguments)
    except SystemExit as error:  # argparse leaves in this way
        status = error.code
    shown = capsys.readouterr()
    assert 2 == status
    assert words in shown.err
    assert 1 == shown.err.count("\n")
    assert "" == shown.out
    assert before == set(Path().iterdir())


def test_weights_missing(
    photo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Weights that are not there: status 1, and how to get them."""
    monkeypatch.setenv("ATELIER_WEIGHTS_DIR", str(Path.cwd()))
    assert 1 == main(["run", "gatys", "cat.jpg", "cat.jpg", "backbone=vgg19", "size=64"])
    shown = capsys.readouterr().err
    assert "vgg19-dcbb9e9d.pth" in shown
    assert 1 == shown.count("\n")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("raise ValueError('two\\nlines')", "bad failed: ValueError: two lines"),
        ("raise MemoryError", "ran out of memory"),
        ("raise RuntimeError('CUDA out of memory.')", "ran out of memory"),
        ("return 'a picture'", "returned str in place of an output"),
        ("return Output(media=(Media('text/html', b'x'),))", "of the type text/html"),
    ],
)
def test_broken_effect(body: str, words: str, tmp_path: Path) -> None:
    """An effect that fails in whatever way: status 1 and one line."""
    code = "from effects.spec import Media, Output\nclass Bad(Effect):\n"
    code += f"    def run(self, item, ctx):\n        {body}\n"
    code += "SPEC = spec('bad', 'bad:Bad', photos=(0, 0), roles=())\n"
    install(tmp_path, "bad", code)
    done = command("run", "bad", "--device", "cpu", path=tmp_path)
    assert (1, 1) == (done.returncode, done.stderr.count("\n"))
    assert words in done.stderr


def test_without_torch(tmp_path: Path) -> None:
    """A machine without torch can list and describe; `run` says what to install."""
    (tmp_path / "torch.py").write_text("raise ModuleNotFoundError('no torch', name='torch')")
    picture = tmp_path / "cat.png"
    picture.write_bytes(save(scene(), "PNG"))
    assert 0 == command("list", path=tmp_path).returncode
    assert 0 == command("describe", "gatys", path=tmp_path).returncode
    done = command("run", "recognize", str(picture), path=tmp_path)
    assert 1 == done.returncode
    assert "'torch', which is not installed; pip install 'atelier[worker]'" in done.stderr
    assert 1 == done.stderr.count("\n")


def test_interrupt(tmp_path: Path) -> None:
    """Ctrl-C in the middle: status 130, no traceback; progress is plain lines in a pipe."""
    install(tmp_path, "slow", SLOW)
    process = subprocess.Popen(
        [sys.executable, "-m", "effects", "run", "slow", "--device", "cpu"],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert "slow: 100 of 1000\n" == process.stderr.readline()
            process.send_signal(signal.SIGINT)
            rest = process.communicate(timeout=WAIT)[1]
        finally:
            process.kill()
    assert 130 == process.returncode
    assert "Traceback" not in rest
    assert "stopped" == rest.splitlines()[-1]


def test_bar_on_a_terminal(tmp_path: Path) -> None:
    """A terminal gets a bar that stays on its line."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    from effects.progress import ShellContext

    stream = Terminal()
    context = ShellContext("paint", stream)
    for done in range(11):
        context.step(done, 10)
    context.close()
    assert "paint: 100%" in stream.getvalue()
    assert 1 == stream.getvalue().count("\n")


def test_reader_who_leaves() -> None:
    """`describe … | head -1` ends quietly."""
    line = f"{sys.executable} -m effects describe gatys --json | head -1"
    done = subprocess.run(line, shell=True, capture_output=True, text=True)
    assert ("{\n", "") == (done.stdout, done.stderr)
