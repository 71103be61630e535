"""A little of `make fuzz`; the long run has a hundred thousand of each."""

from __future__ import annotations

from pathlib import Path

from effects.image import decode
from tests.fuzz.images import fuzz_images, seeds
from tests.fuzz.logs import Watch
from tests.fuzz.report import Report
from tests.fuzz.updates import fuzz_updates


def test_files(tmp_path: Path) -> None:
    """Each is a picture or gets one sentence; both happen."""
    report = Report("images", 1, tmp_path)
    fuzz_images(400, report, quiet=True)
    assert [] == report.faults
    assert report.counts["files decoded"] > 20
    assert report.counts["files refused"] > 20


async def test_updates(tmp_path: Path, redis_program: str) -> None:
    """The bot answers at every door, and complains of nothing."""
    report = Report("updates", 1, tmp_path)
    await fuzz_updates(210, report, redis_program, quiet=True)
    assert [] == report.faults
    for kind in ("telegram", "vk", "web"):
        assert report.counts[f"{kind}: status 200"] > 5


def test_a_traceback_is_a_fault(tmp_path: Path) -> None:
    """What the log says is judged: errors and tracebacks are told once a kind, the rest is not;
    the input is kept.
    """
    log, report = tmp_path / "bot.log", Report("x", 1, tmp_path / "out")
    stamp = "2027-01-01 00:00:00,000"
    trace = f"{stamp} W a: odd\nTraceback (most recent call last):\n\nValueError: %d\n"
    log.write_text(f"{stamp} I a: fine\n{trace % 1}{trace % 2}{stamp} E a: wrong\n{stamp} W a: w\n")
    watch = Watch(log, report)
    for _ in range(2):
        watch.look([b"sent"])
    assert 3 == report.counts["errors in the log"]
    assert 2 == len(report.faults)
    assert "ValueError: 1" in report.faults[0]
    kept = [file.read_bytes() for file in (tmp_path / "out").glob("*.bin")]
    assert [b"sent"] * 2 == kept


def test_seeds_are_pictures() -> None:
    """Every file that is mutated is accepted as it is."""
    assert {(48, 32), (32, 48)} == {decode(content).size for content in seeds()}
