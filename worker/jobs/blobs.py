"""Where pictures wait between bot and worker: a folder, or any object store by URL."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from worker.jobs.errors import BadBlob, BadSettings, BlobMissing, BlobStoreAway

__all__ = ["Blobs"]

MAX_BYTES = 64 * 1024 * 1024
_SEGMENT = re.compile(r"(?!\.+$)[A-Za-z0-9._=@+-]{1,200}")


class Blobs:
    """Bytes by name. A name is one or more words of letters, digits and ._=@+- joined by "/"."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    @classmethod
    def open(cls, place: str | Path) -> Blobs:
        """Open a folder (made if missing) or a URL: s3://, gs://, az://, file://, memory://.

        Raises `BadSettings`.
        """
        try:
            if isinstance(place, str) and "://" in place:
                return cls(from_url(place))
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
        except FileNotFoundError:
            raise BlobMissing(f"The picture {name} is no longer in the store.") from None
        except (BaseError, OSError) as error:
            raise BlobStoreAway(f"Can't read {name}: {_first_line(error)}") from error

    async def delete(self, names: Iterable[str]) -> None:
        """Remove blobs; one that is not there is no error."""
        for name in names:
            try:
                await self._store.delete_async(_checked(name))
            except FileNotFoundError:
                pass
            except (BaseError, OSError) as error:
                raise BlobStoreAway(f"Can't delete {name}: {_first_line(error)}") from error

    async def delete_under(self, prefix: str) -> None:
        """Remove all blobs whose names begin with `prefix` + "/"."""
        try:
            async for page in self._store.list(prefix=_checked(prefix) + "/"):
                await self.delete([entry["path"] for entry in page])
        except (BaseError, OSError) as error:
            raise BlobStoreAway(f"Can't list {prefix}: {_first_line(error)}") from error


def _checked(name: str) -> str:
    if not all(_SEGMENT.fullmatch(segment) for segment in name.split("/")):
        raise BadBlob(f"{name[:80]!r} is no name for a blob.")
    return name


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
