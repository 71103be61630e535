"""The list of styles, shipped and own: a sheet with their names, and a button for each."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.core.messages import Button, File, Incoming, Reply
from bot.core.saved import SavedFilter
from bot.core.sheet import Cell, draw
from bot.core.tools import Tools
from worker.jobs.errors import BlobMissing

__all__ = ["Styles"]

_SHEET = 36
"""Styles on one sheet; no page of buttons goes over its end."""
_ROW = 3
_REMEMBERED = 32
"""Sheets."""


@dataclass(frozen=True)
class _Entry:
    """One style. `press` is its button's data, `picture` a file or a blob's name."""

    effect: str
    name: str
    note: str
    press: str
    picture: Path | str


class Styles:
    """Answers `/styles`."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._sheets: OrderedDict[tuple[_Entry, ...], bytes] = OrderedDict()

    async def show(self, incoming: Incoming, first: int = 0) -> Reply:
        """The list from number `first` on, in pages of as many buttons as the platform shows; with
        the sheet where one begins.
        """
        say, lang = self._tools.texts.say, incoming.lang
        own = await self._tools.filters.own(incoming.user)
        entries = self._entries(own, lang)
        if not entries:
            return Reply(say(lang, "styles-none"))
        size = min(_SHEET, (incoming.most_buttons - 1) // _ROW * _ROW)
        first = first if first < len(entries) else 0
        page = entries[first : first + size]
        rows = [
            tuple(Button(each.name, each.press) for each in page[begin : begin + _ROW])
            for begin in range(0, len(page), _ROW)
        ]
        effect, count, last = page[0].effect, len(entries), first + len(page)
        lines = [say(lang, "styles", effect=effect)]
        if len(page) < count:
            lines = [
                say(lang, "styles-part", first=first + 1, last=last, count=count, effect=effect)
            ]
            more = Button(say(lang, "styles-more"), f"styles:{last % count}")
            rows.append((more,))
        if first % _SHEET:
            return Reply("\n".join(lines), buttons=tuple(rows))
        if own:
            lines += self._about(own[:_SHEET], effect, lang)
        sheet = await self._sheet(tuple(entries[first : first + _SHEET]))
        return Reply("\n".join(lines), (File("styles.jpg", "image/jpeg", sheet),), tuple(rows))

    def _about(self, own: Sequence[SavedFilter], effect: str, lang: str) -> list[str]:
        """Which of one's own are learned, and what can be done with them."""
        say = self._tools.texts.say
        names = [
            each.name if each.is_learned else say(lang, "styles-unlearned", name=each.name)
            for each in own
        ]
        return [
            say(lang, "styles-yours", names=", ".join(names)),
            say(lang, "styles-verbs", effect=effect),
        ]

    def _entries(self, own: Sequence[SavedFilter], lang: str) -> list[_Entry]:
        say = self._tools.texts.say
        entries = []
        for spec in self._tools.catalogue:
            if spec.filters is None:
                continue
            for sample in spec.filters.samples:
                press = f"sample:{spec.name}/{sample.name}"
                note = getattr(sample.title, lang)
                entries.append(_Entry(spec.name, sample.name, note, press, sample.picture))
            for each in own:
                if each.effect == spec.name:
                    note = say(lang, "sheet-learned" if each.is_learned else "sheet-unlearned")
                    picture = each.thumbnail or each.picture
                    press = f"filter:{each.id}"
                    entries.append(_Entry(spec.name, each.name, note, press, picture))
        return entries

    async def _sheet(self, entries: tuple[_Entry, ...]) -> bytes:
        """Drawn anew when anything on it has changed."""
        if entries not in self._sheets:
            cells = [Cell(each.name, each.note, await self._picture(each)) for each in entries]
            self._sheets[entries] = await asyncio.to_thread(draw, cells)
        self._sheets.move_to_end(entries)
        while len(self._sheets) > _REMEMBERED:
            self._sheets.popitem(last=False)
        return self._sheets[entries]

    async def _picture(self, entry: _Entry) -> bytes | None:
        try:
            if isinstance(entry.picture, Path):
                return await asyncio.to_thread(entry.picture.read_bytes)
            return await self._tools.blobs.get(entry.picture)
        except (BlobMissing, OSError):
            return None
