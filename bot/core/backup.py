"""Accounts, rules, preferences and filters as a file: out of one service, into another.

One JSON document a line, UTF-8:

    {"atelier": "export", "version": 1}
    {"rules": Rules}
    {"account": PersonCopy}         each: terms of its identities, sums of credits
    {"settings": account, "settled": Settled}
    {"filter": SavedFilter, "blobs": {name: base64}}
    {"end": how many lines there were before}

No line needs more memory than one filter. Jobs and their pictures are not in it, nor
what waits to be delivered.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any, BinaryIO

from bot.core.preferences import Preferences, Settled
from bot.core.saved import SavedFilter, SavedFilters
from worker.jobs.blobs import Blobs
from worker.jobs.errors import BadBlob, BlobMissing, NoSuchUser
from worker.jobs.office import Office
from worker.jobs.people import PersonCopy
from worker.jobs.rules import Rules

__all__ = ["VERSION", "Backup", "BadBackup"]

VERSION = 1
_PARTS = ("picture", "vectors", "thumbnail")


class BadBackup(Exception):
    """No file to import: says why in one sentence. Nothing was changed."""


class Backup:
    """Writes and reads such files."""

    def __init__(
        self, office: Office, blobs: Blobs, preferences: Preferences, saved: SavedFilters
    ) -> None:
        self._office = office
        self._blobs = blobs
        self._preferences = preferences
        self._saved = saved

    async def write(self, file: BinaryIO) -> Counter[str]:
        """Write all of a service, which may be in use; returns how many there were of what."""
        counts: Counter[str] = Counter()
        async for kind, line in self._lines():
            counts[kind] += 1
            file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        file.write(json.dumps({"end": counts.total()}).encode() + b"\n")
        del counts["atelier"]
        return counts

    async def _lines(self) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        yield "atelier", {"atelier": "export", "version": VERSION}
        yield "rules", {"rules": (await self._office.rules()).model_dump(mode="json")}
        async for copy in self._office.copies():
            yield "account", {"account": copy.model_dump(mode="json", exclude_defaults=True)}
        async for user, settled in self._preferences.all():
            yield "settings", {"settings": user, "settled": settled.model_dump()}
        async for one in self._saved.all():
            blobs = {}
            try:
                for name in filter(None, (getattr(one, part) for part in _PARTS)):
                    blobs[name] = base64.b64encode(await self._blobs.get(name)).decode()
            except BlobMissing:
                continue  # it was deleted meanwhile
            yield "filter", {"filter": one.model_dump(), "blobs": blobs}

    async def read(self, file: BinaryIO) -> tuple[Counter[str], Counter[str]]:
        """Put in place what is not known here; what is known stays as it is, so that it can be
        said again. Returns how many of what were new and how many known. Raises `BadBackup`.
        """
        check(file)
        new: Counter[str] = Counter()
        known: Counter[str] = Counter()
        file.seek(0)
        for number, raw in enumerate(file, 1):
            line = json.loads(raw)
            kind = next(iter(line))
            if kind in ("atelier", "end"):
                continue
            try:
                done = await self._put(kind, line)
            except (ValueError, KeyError, TypeError, NoSuchUser, BadBlob) as error:
                words = str(error).splitlines()[0]
                raise BadBackup(
                    f"Line {number} is damaged, and what follows is left out: {words}"
                ) from error
            (new if done else known)[kind] += 1
        return new, known

    async def _put(self, kind: str, line: dict[str, Any]) -> bool:
        match kind:
            case "rules":
                return await self._put_rules(Rules.model_validate(line["rules"]))
            case "account":
                return await self._office.restore(PersonCopy.model_validate(line["account"]))
            case "settings":
                settled = Settled.model_validate(line["settled"])
                return await self._preferences.restore(line["settings"], settled)
            case "filter":
                return await self._put_filter(
                    SavedFilter.model_validate(line["filter"]), line["blobs"]
                )
        raise ValueError(f"there is no {kind[:40]!r}")

    async def _put_rules(self, rules: Rules) -> bool:
        """Rules that an admin has changed here stay."""
        ours = await self._office.rules()
        if (
            ours != Rules(version=ours.version)
            or rules.model_copy(update={"version": ours.version}) == ours
        ):
            return False
        await self._office.set_rules(
            rules.model_copy(update={"version": ours.version}), who="import"
        )
        return True

    async def _put_filter(self, one: SavedFilter, blobs: dict[str, str]) -> bool:
        if not await self._saved.missing([one.id]):
            return False
        for name, content in blobs.items():
            if not name.startswith(f"filters/{one.id}/"):
                raise ValueError(f"{name[:80]!r} is no picture of a filter")
            await self._blobs.put(name, base64.b64decode(content, validate=True))
        return await self._saved.restore(one)


def check(file: BinaryIO) -> None:
    """Raises `BadBackup` unless it is whole, and of this version."""
    file.seek(0)
    try:
        head = json.loads(file.readline(1000))
    except ValueError:
        head = None
    if not isinstance(head, dict) or head.get("atelier") != "export":
        raise BadBackup("This file is no export of Atelier.")
    if head.get("version") != VERSION:
        raise BadBackup(
            f"This file has version {str(head.get('version'))[:20]}, and this program reads version"
            f" {VERSION}: import it with the program that wrote it."
        )
    lines, last = 1, b""
    for row in file:
        lines, last = lines + 1, row
    if last.strip() != json.dumps({"end": lines - 1}).encode():
        raise BadBackup("This file is cut off; nothing of it was imported.")
