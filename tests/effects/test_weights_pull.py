"""Weights are fetched over whatever line there is; only the right file takes its place."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from effects.errors import WeightsMissing
from effects.weights import MANIFEST, Entry, WeightsStore
from effects.weights.fetch import Patience
from effects.weights.pull import part_of, pull
from tests.conftest import WAIT
from tests.effects.file_server import FileServer, serving

CONTENT = np.random.default_rng(0).bytes(400_000)
ENTRY = Entry("net.pth", hashlib.sha256(CONTENT).hexdigest(), 1, "MIT", "nobody")
QUICK = Patience(timeout=WAIT, tries=3, pause=0)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """The publisher of the weights `net`."""
    with serving(CONTENT) as server:
        monkeypatch.setitem(MANIFEST, "net", replace(ENTRY, url=f"{server.url}/net.pth"))
        yield server


@pytest.fixture
def store(tmp_path: Path) -> WeightsStore:
    """A folder that pulling makes."""
    return WeightsStore(tmp_path / "weights")


def fetch(store: WeightsStore, patience: Patience = QUICK, **how: Any) -> bytes:
    """Pull `net`; returns what then lies in its place."""
    path = pull("net", store, lambda done, total: None, patience=patience, **how)
    assert store.place("net") == path
    assert str(path) == store.path("net")
    return path.read_bytes()


def test_fetched_once(server: FileServer, store: WeightsStore) -> None:
    """The progress ends at the file's size; a second pull asks nobody."""
    seen: list[tuple[int, int]] = []
    for _ in range(2):
        pull("net", store, lambda done, total: seen.append((done, total)), patience=QUICK)
    assert CONTENT == store.place("net").read_bytes()
    assert (len(CONTENT), len(CONTENT)) == seen[-1]
    assert sorted(seen) == seen
    assert 1 == len(server.asked)
    assert not part_of(store.place("net")).exists()


def test_a_cut_line_is_taken_up_where_it_broke(server: FileServer, store: WeightsStore) -> None:
    """No byte is sent twice, and the rest is asked of the same version."""
    server.faults += ["cut", "cut"]
    assert CONTENT == fetch(store)
    assert len(CONTENT) == server.sent
    assert [None, "bytes=200000-", "bytes=300000-"] == [a.get("Range") for a in server.asked]
    assert [None, '"one"', '"one"'] == [a.get("If-Range") for a in server.asked]


def test_a_later_pull_goes_on(server: FileServer, store: WeightsStore) -> None:
    """What a pull that gave up has brought is not fetched again."""
    server.faults += ["cut"]
    with pytest.raises(WeightsMissing, match=r"line broke after 200000 of 400000.* pull again"):
        fetch(store, QUICK._replace(tries=1))
    assert not store.place("net").exists()
    assert CONTENT == fetch(store)
    assert len(CONTENT) == server.sent


def test_a_stalled_line_is_given_up(server: FileServer, store: WeightsStore) -> None:
    """After the time-out the rest is asked for anew."""
    server.faults += ["stall"]
    assert CONTENT == fetch(store, Patience(timeout=2.0, tries=9, pause=0))
    assert "bytes=200000-" == server.asked[1]["Range"]
    store.place("net").unlink()
    server.faults += ["stall"]
    with pytest.raises(WeightsMissing, match=r"nothing came for 2 s"):
        fetch(store, Patience(timeout=2.0, tries=1, pause=0))


def test_goes_on_while_something_is_gained(
    server: FileServer, store: WeightsStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of many megabytes comes over a line that breaks again and again."""
    server.content = CONTENT * 4
    entry = replace(MANIFEST["net"], sha256=hashlib.sha256(server.content).hexdigest())
    monkeypatch.setitem(MANIFEST, "net", entry)
    server.faults += ["cut", "cut"]
    assert server.content == fetch(store, QUICK._replace(tries=1))


def test_gives_up_when_nothing_is_gained(server: FileServer, store: WeightsStore) -> None:
    """A line that always breaks is left after so many tries in a row without progress."""
    server.content = CONTENT[:1000]
    server.faults += ["cut"] * 9
    with pytest.raises(WeightsMissing, match="line broke"):
        fetch(store)
    assert QUICK.tries == len(server.asked)


@pytest.mark.parametrize("fault", ["ignore range", "other piece"])
def test_a_server_without_ranges_starts_over(
    server: FileServer, store: WeightsStore, fault: str
) -> None:
    """All of the file, or another piece than asked for, does not get behind what is here."""
    server.faults += ["cut", fault]
    assert CONTENT == fetch(store)


def test_a_new_version_starts_over(server: FileServer, store: WeightsStore) -> None:
    """When the file changed meanwhile, its old half is thrown away."""
    server.content, server.faults = bytes(len(CONTENT)), ["cut"]
    with pytest.raises(WeightsMissing):
        fetch(store, QUICK._replace(tries=1))
    server.content, server.etag = CONTENT, '"two"'
    assert CONTENT == fetch(store)
    assert 2 == len(server.asked)


def test_rubbish_of_another_time_is_fetched_anew(server: FileServer, store: WeightsStore) -> None:
    """A half that does not fit, from a server without ETags, costs one more download."""
    server.etag = ""
    server.content, server.faults = bytes(len(CONTENT)), ["cut"]
    with pytest.raises(WeightsMissing):
        fetch(store, QUICK._replace(tries=1))
    server.content = CONTENT
    assert CONTENT == fetch(store)


@pytest.mark.parametrize("kept", [len(CONTENT), len(CONTENT) + 5])
def test_a_pull_killed_at_the_end(server: FileServer, store: WeightsStore, kept: int) -> None:
    """All of the file is here but not in its place, or too much of it: both end well."""
    store.folder.mkdir()
    part_of(store.place("net")).write_bytes((CONTENT + b"12345")[:kept])
    assert CONTENT == fetch(store)


def test_redirects_are_followed(server: FileServer, store: WeightsStore) -> None:
    """Also when a broken download goes on."""
    server.faults += ["redirect", "cut", "redirect"]
    assert CONTENT == fetch(store)
    assert len(CONTENT) == server.sent


BAD = {
    "404": "answered 404 Not Found",
    "500": "answered 500 Internal Server Error",
    "loop": "its redirects lead nowhere",
    "corrupt": f"another SHA-256 than {ENTRY.sha256[:8]}",
    "longer": "sends more than the 2 MB",
}


@pytest.mark.parametrize("fault", BAD)
def test_the_old_file_stays_where_the_new_one_is_bad(
    server: FileServer, store: WeightsStore, fault: str
) -> None:
    """Not a byte of it changes, it is said what is wrong, and the next pull succeeds."""
    store.folder.mkdir()
    store.place("net").write_bytes(b"older weights")
    server.faults += [fault]
    with pytest.raises(WeightsMissing, match=BAD[fault]) as caught:
        fetch(store)
    assert b"older weights" == store.place("net").read_bytes()
    assert "\n" not in str(caught.value)
    assert not part_of(store.place("net")).exists()
    server.faults.clear()
    assert CONTENT == fetch(store)


def test_nobody_there(server: FileServer, store: WeightsStore) -> None:
    """A port on which nobody listens, a host that can't be, and no URL at all."""
    entry = MANIFEST["net"]
    for url, words in (
        ("http://127.0.0.1:1/net.pth", "connection refused"),
        ("http:///net.pth", "no host"),
        ("http://[1/net.pth", "invalid"),
    ):
        MANIFEST["net"] = replace(entry, url=url)
        with pytest.raises(WeightsMissing, match=words):
            fetch(store)


def test_mirrors_in_order(server: FileServer, store: WeightsStore, tmp_path: Path) -> None:
    """Each is tried when the one before can't give the file; halves are gone on from."""
    with serving(CONTENT, "404") as bare, serving(CONTENT, "cut") as flaky:
        mirrors = [str(tmp_path / "empty"), bare.url, f"{flaky.url}/deep/"]
        assert CONTENT == fetch(store, QUICK._replace(tries=1), mirrors=mirrors)
        assert (1, 1) == (len(bare.asked), len(flaky.asked))
    assert "bytes=200000-" == server.asked[0]["Range"]
    assert 200_000 == server.sent


def test_a_folder_is_a_mirror(server: FileServer, store: WeightsStore, tmp_path: Path) -> None:
    """Its file is checked too; a damaged one is passed over."""
    (tmp_path / "good").mkdir()
    (tmp_path / "good" / "net.pth").write_bytes(CONTENT)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "net.pth").write_bytes(CONTENT[:-1])
    assert CONTENT == fetch(store, mirrors=[str(tmp_path / "bad"), str(tmp_path / "good")])
    assert [] == server.asked


def test_offline(server: FileServer, store: WeightsStore, tmp_path: Path) -> None:
    """Only folders are looked into; it is said which file to copy where."""
    url = MANIFEST["net"].url
    with pytest.raises(WeightsMissing, match=f"fetch {url} .* copy it to {store.place('net')}"):
        fetch(store, offline=True, mirrors=[server.url])
    (tmp_path / "net.pth").write_bytes(CONTENT)
    assert CONTENT == fetch(store, offline=True, mirrors=[server.url, str(tmp_path)])
    assert [] == server.asked


def test_two_at_once(server: FileServer, store: WeightsStore) -> None:
    """The second waits for the first and fetches nothing."""
    server.faults += ["stall"]
    found: list[bytes] = []

    def first() -> None:
        found.append(fetch(store))

    def second() -> None:
        # The stalled server goes on when the second says that it waits.
        found.append(fetch(store, say=lambda words: server.released.set()))

    threads = [threading.Thread(target=work) for work in (first, second)]
    threads[0].start()
    while not server.sent:
        threads[0].join(0.01)
    threads[1].start()
    for thread in threads:
        thread.join()
    assert [CONTENT, CONTENT] == found
    assert len(CONTENT) == server.sent


def test_a_folder_that_cant_be_written(server: FileServer, tmp_path: Path) -> None:
    """One sentence names it."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(WeightsMissing, match=f"{tmp_path}/file/weights: not a directory"):
        fetch(WeightsStore(tmp_path / "file" / "weights"))
