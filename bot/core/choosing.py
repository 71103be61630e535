"""A style chosen by a button, for the photo that it is about or was sent last, or else for the
next.
"""

from __future__ import annotations

from dataclasses import replace

from bot.core.commands import Wish
from bot.core.messages import Incoming, Reply
from bot.core.sending import Sending
from bot.core.tools import Tools
from effects.errors import UnknownEffect
from worker.jobs.errors import BlobMissing
from worker.jobs.model import Job

__all__ = ["Choosing"]

_BACK = 10
"""Jobs among which the last photo is looked for."""


class Choosing:
    """Answers the buttons that name a style."""

    def __init__(self, tools: Tools, sending: Sending) -> None:
        self._tools = tools
        self._sending = sending

    async def shipped(self, incoming: Incoming, target: str) -> Reply:
        """A shipped one, "style/starry". Raises `UnknownEffect`."""
        effect, _, name = target.partition("/")
        return await self._paint(incoming, effect, name)

    async def own(self, incoming: Incoming, target: str) -> Reply:
        """One's own with this id. Raises `FilterGone`."""
        one = await self._tools.filters.with_id(incoming.user, target)
        return await self._paint(incoming, one.effect, one.name)

    async def learned(self, incoming: Incoming, target: str) -> Reply:
        """One's own that this job has learned. Raises `FilterGone`."""
        one = await self._tools.filters.of_job(incoming.user, target)
        return await self._paint(incoming, one.effect, one.name)

    async def _paint(self, incoming: Incoming, effect: str, name: str) -> Reply:
        spec = self._tools.catalogue[effect]
        if spec.filters is None:
            raise UnknownEffect(f"{effect} has no styles", effect=effect, nearest="")
        incoming = replace(incoming, photos=incoming.quoted[: spec.photos[1]])
        wish = Wish("effect", spec, {spec.filters.field: name})
        talk = await self._tools.requests.current(incoming)
        if talk is not None and talk.effect and self._tools.catalogue[talk.effect].teaches:
            talk = None
        at_hand = incoming.photos or (talk is not None and talk.photos)
        photo = None if at_hand else await self._last_photo(incoming)
        if photo is None:
            talk = await self._tools.requests.gather(incoming, talk, wish)
        else:
            talk = await self._tools.requests.begin(incoming, spec.name, [photo], wish.values)
        return await self._sending.go_on(incoming, talk)

    async def _last_photo(self, incoming: Incoming) -> bytes | None:
        """Of the newest job of this chat with one, if it is still stored."""
        for view in await self._tools.queue.jobs_of(incoming.user, limit=_BACK):
            if view.job.chat == incoming.chat and self._is_of_photo(view.job):
                try:
                    return await self._tools.blobs.get(view.job.photos[0])
                except BlobMissing:
                    return None
        return None

    def _is_of_photo(self, job: Job) -> bool:
        known = job.effect in self._tools.catalogue
        return bool(job.photos) and known and self._tools.catalogue[job.effect].roles[0] == "photo"
