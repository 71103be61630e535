"""Where pictures wait between bot and worker: a folder, or any object store by URL."""

from __future__ import annotations

import asyncio
import atexit
import os
import re
import shutil
import time
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from worker.jobs.errors import BadBlob, BadSettings, BlobMissing, BlobStoreAway

if TYPE_CHECKING:
    from obstore.store import RetryConfig

__all__ = ["Blobs"]

MAX_BYTES = 64 * 1024 * 1024
# Callers are patient themselves, or have a person who waits. One request takes 30 s at most.
_RETRIES: RetryConfig = {"max_retries": 2, "retry_timeout": timedelta(seconds=10)}
# What obstore tells of times and retries, in the middle of what there is to tell; and what it says
# twice, or of every answer.
_TIMES = re.compile(r" in [\d.]+\S*s(, after .+?)? +- ")
_PREAMBLE = re.compile(r"^.*Error performing (?=[A-Z]+ http)|Server returned non-2xx status code: ")
_CODE = re.compile(r"<Code>(\w+)</Code>")
_SEGMENT = re.compile(r"(?!\.+$)[A-Za-z0-9._=@+-]{1,200}")
# A thread of obstore that has told us of its last answer may still want Python; were that gone, it
# would abort the program (PyO3/pyo3-async-runtimes#40).
atexit.register(time.sleep, 0.05)


class Blobs:
    """Bytes by name. A name is one or more words of letters, digits and ._=@+- joined by "/"."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        # A folder holds what no listing shows: a file half written by a program that was killed.
        self._folder = Path(str(store.prefix)) if isinstance(store, LocalStore) else None

    @classmethod
    def open(cls, place: str | Path) -> Blobs:
        """Open a folder (made if missing) or a URL: s3://, gs://, az://, file://, memory://.

        Raises `BadSettings`.
        """
        try:
            if isinstance(place, str) and "://" in place:
                return cls(from_url(place, retry_config=_RETRIES))
            # automatic_cleanup: the last blob of a job takes the job's folder with it
            folder = Path(place).expanduser().absolute()
            folder.mkdir(parents=True, exist_ok=True)
            return cls(LocalStore(folder, automatic_cleanup=True))
        except (BaseError, ValueError, OSError) as error:
            raise BadSettings(
                f"Can't keep pictures in {str(place)!r}: {_first_line(error)}"
            ) from error

    async def put(self, name: str, content: bytes) -> None:
        """Store `content`, whole or not at all; at most 64 MB."""
        if len(content) > MAX_BYTES:
            raise BadBlob(f"{name} has {len(content)} bytes; a blob has at most {MAX_BYTES}.")
        try:
            await self._store.put_async(_checked(name), content, use_multipart=False)
        except (BaseError, OSError) as error:
            raise BlobStoreAway(f"Can't store {name}: {_first_line(error)}") from error

    async def get(self, name: str) -> bytes:
        """Raises `BlobMissing`."""
        try:
            result = await self._store.get_async(_checked(name))
            return bytes(await result.bytes_async())
        except (BaseError, OSError) as error:
            if not _is_missing(error):
                raise BlobStoreAway(f"Can't read {name}: {_first_line(error)}") from error
            if self._folder is not None and not self._folder.is_dir():
                raise BlobStoreAway(f"Can't read {name}: {self._folder} is no folder") from None
            raise BlobMissing(f"The picture {name} is no longer in the store.") from None

    async def delete(self, names: Iterable[str]) -> None:
        """Remove blobs; one that is not there is no error."""
        for name in names:
            try:
                await self._store.delete_async(_checked(name))
            except (BaseError, OSError) as error:
                if not _is_missing(error):
                    raise BlobStoreAway(f"Can't delete {name}: {_first_line(error)}") from error

    async def delete_under(self, prefix: str) -> None:
        """Remove all blobs whose names begin with `prefix` + "/"."""
        _checked(prefix)
        try:
            if self._folder is not None:
                await asyncio.to_thread(_remove, self._folder / prefix)
                return
            async for page in self._store.list(prefix=prefix + "/"):
                await self.delete([entry["path"] for entry in page])
        except (BaseError, OSError) as error:
            raise BlobStoreAway(f"Can't delete {prefix}: {_first_line(error)}") from error

    async def folders(self) -> list[str]:
        """The first words of all names, each once."""
        try:
            listing = await self._store.list_with_delimiter_async()
        except (BaseError, OSError) as error:
            raise BlobStoreAway(f"Can't list the pictures: {_first_line(error)}") from error
        return [name for name in listing["common_prefixes"] if _SEGMENT.fullmatch(name)]

    async def changes(self, prefix: str) -> dict[str, float]:
        """What is under `prefix` + "/", half-written files too: the rest of the name -> Unix
        seconds of its last change.
        """
        _checked(prefix)
        try:
            if self._folder is not None:
                return await asyncio.to_thread(_changes, self._folder / prefix)
            return {
                entry["path"].removeprefix(prefix + "/"): entry["last_modified"].timestamp()
                async for page in self._store.list(prefix=prefix + "/")
                for entry in page
            }
        except (BaseError, OSError) as error:
            raise BlobStoreAway(f"Can't list {prefix}: {_first_line(error)}") from error


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)  # others may be removing it, too
    if folder.exists():
        shutil.rmtree(folder)  # raises the reason


def _changes(folder: Path) -> dict[str, float]:
    changes = {}
    for place, _, files in os.walk(folder):
        for path in (Path(place, name) for name in files):
            try:
                changes[path.relative_to(folder).as_posix()] = path.stat().st_mtime
            except FileNotFoundError:
                continue
    return changes


def _checked(name: str) -> str:
    if not all(_SEGMENT.fullmatch(segment) for segment in name.split("/")):
        raise BadBlob(f"{name[:80]!r} is no name for a blob.")
    return name


def _first_line(error: Exception) -> str:
    text = str(error) or type(error).__name__
    line = _TIMES.sub(": ", text.splitlines()[0]).removeprefix("Generic ").partition(": <?xml")[0]
    return ": ".join([_PREAMBLE.sub("", line)[:200], *_CODE.findall(text)[:1]])


def _is_missing(error: Exception) -> bool:
    """Without the bucket nothing is known to be missing."""
    known = "NoSuchBucket" not in _CODE.findall(str(error))
    return isinstance(error, FileNotFoundError) and known
