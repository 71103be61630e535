"""From a server or a folder into the folder of weights: checked first, then put in place."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from effects.errors import WeightsMissing
from effects.weights.digest import hashes_to, is_intact
from effects.weights.fetch import Patience, Refused, discard, fetch
from effects.weights.manifest import MANIFEST, Entry
from effects.weights.store import WeightsStore, command

__all__ = ["part_of", "pull"]

_PATIENT = Patience()


def pull(
    name: str,
    store: WeightsStore,
    step: Callable[[int, int], None],
    *,
    mirrors: Sequence[str] = (),
    offline: bool = False,
    say: Callable[[str], None] = print,
    patience: Patience = _PATIENT,
) -> Path:
    """The path of the weights `name`, fetched into the store's folder if they are not there.

    `mirrors`, base URLs or folders, are tried in order, then the publisher; `offline` keeps to
    folders. `step(done, total)` hears of every piece, in bytes. Only a file with the right
    SHA-256 takes its place. Raises `WeightsMissing`.
    """
    entry = MANIFEST[name]
    place = store.place(name)
    path = store.find(name)
    if path is not None and (path != place or is_intact(path, entry.sha256)):
        return path
    if not entry.url:
        raise WeightsMissing(f"`{command(name)}` brings it", weights=name)
    sources = [*(f"{base.rstrip('/')}/{entry.file}" for base in mirrors), entry.url]
    if offline:
        sources = [source for source in sources if "://" not in source]
    try:
        store.folder.mkdir(parents=True, exist_ok=True)
        with _alone(place, say):
            # Another process may just have brought it.
            if not (place.is_file() and is_intact(place, entry.sha256)):
                failures = _from_any(sources, place, entry, step, patience)
                if failures is not None:
                    raise WeightsMissing(_apology(entry, place, failures, offline), weights=name)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise WeightsMissing(f"{error.filename or place}: {reason}", weights=name) from error
    return place


def part_of(place: Path) -> Path:
    """Where the file that belongs at `place` is while it is being fetched."""
    return place.with_name(f".{place.name}.part")


@contextmanager
def _alone(place: Path, say: Callable[[str], None]) -> Iterator[None]:
    with place.with_name(f".{place.name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"{place.name} is being fetched by another process; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _from_any(
    sources: Sequence[str],
    place: Path,
    entry: Entry,
    step: Callable[[int, int], None],
    patience: Patience,
) -> list[str] | None:
    """None when the file is in its place, else what was wrong with each source."""
    failures: list[str] = []
    for source in sources:
        try:
            _from_one(source, place, entry, step, patience)
        except Refused as error:
            failures.append(f"{source}: {error}")
        else:
            return None
    return failures


def _from_one(
    source: str, place: Path, entry: Entry, step: Callable[[int, int], None], patience: Patience
) -> None:
    part = part_of(place)
    most = (entry.mb + 1) << 20
    resumed = part.exists()
    fetch(source, part, most, step, patience)
    good = hashes_to(part, entry.sha256)
    if not good and resumed:
        # What was here may have been another source's rubbish.
        discard(part)
        fetch(source, part, most, step, patience)
        good = hashes_to(part, entry.sha256)
    if not good:
        discard(part)
        raise Refused(f"what came has another SHA-256 than {entry.sha256[:8]}…")
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    part.replace(place)
    discard(part)


def _apology(entry: Entry, place: Path, failures: Sequence[str], offline: bool) -> str:
    if offline:
        tried = f" ({'; '.join(failures)})" if failures else ""
        return (
            f"ATELIER_OFFLINE is set{tried}: fetch {entry.url} ({entry.mb} MB) elsewhere"
            f" and copy it to {place}"
        )
    kept = "; what came is kept, pull again to go on" if part_of(place).exists() else ""
    return f"{'; '.join(failures)}{kept}"
