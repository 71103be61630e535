"""The way of a request that names filters, or is taught one, to the effect that can do it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from bot.core.messages import Incoming
from bot.core.saved import SavedFilter
from bot.core.session import Talk
from bot.core.tools import Tools
from effects.errors import UserError
from effects.spec import EffectSpec
from worker.jobs.model import Job

__all__ = ["FilterNotLearned", "Painting"]

_BY_PICTURE = ("photo", "style")


class FilterNotLearned(UserError):
    """The filter `name` of `effect` can't be used in a blend, for it is not learned."""

    code = "filter_not_learned"


class Painting:
    """Decides between the effect whose filters are meant, and the one that paints by a picture."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def route(self, incoming: Incoming, talk: Talk) -> tuple[Talk, str]:
        """The talk as one of the effect that can do it, and a sentence that says why, or "".

        With a second picture, or with a filter that is not learned yet, the photo is painted by
        the picture. Raises `BadParams` for a name that is no filter's, and `FilterNotLearned`.
        """
        spec = self._tools.catalogue[talk.effect]
        if spec.filters is None:
            return talk, ""
        painter = self._painter()
        if painter is not None and len(talk.photos) > spec.photos[1]:
            return await self._repaint(incoming, talk, painter, b""), ""
        own = await self._own(incoming.user, spec)
        named = spec.filters.find(spec.parse(talk.values), own)
        waiting = [own[name] for name in named if not own[name].is_learned]
        if not waiting:
            return talk, ""
        [one, *_] = waiting
        if painter is None or "+" in talk.values[spec.filters.field]:
            message = f"the filter {one.name!r} is not learned yet"
            raise FilterNotLearned(message, name=one.name, effect=spec.name)
        if not talk.photos:
            return talk, ""
        picture = await self._tools.blobs.get(one.picture)
        said = self._tools.texts.say(incoming.lang, "filter-by-picture", name=one.name)
        return await self._repaint(incoming, talk, painter, picture), said

    async def attach(self, job: Job) -> Job:
        """The job with the saved filters that its parameters name, stored as its own."""
        spec = self._tools.catalogue[job.effect]
        if spec.filters is None:
            return job
        own = await self._own(job.user, spec)
        attachments = {}
        for number, name in enumerate(spec.filters.find(spec.parse(job.params), own)):
            attachments[name] = f"{job.id}/attachment-{number}"
            await self._tools.blobs.put(
                attachments[name], await self._tools.blobs.get(own[name].vectors)
            )
        return job.model_copy(update={"attachments": attachments})

    async def check(self, incoming: Incoming, talk: Talk, values: Mapping[str, str]) -> None:
        """Let the effect look at its pictures. Raises what it raises; others can be sent then."""
        spec = self._tools.catalogue[talk.effect]
        if spec.check is None:
            return
        contents = [await self._tools.blobs.get(name) for name in talk.photos]
        try:
            await asyncio.to_thread(self._look, spec, values, contents)
        except UserError:
            await self._tools.requests.refuse_photos(incoming, talk)
            raise

    def _painter(self) -> EffectSpec | None:
        """The effect that paints a photo by a second picture."""
        return next((spec for spec in self._tools.catalogue if spec.roles == _BY_PICTURE), None)

    async def _repaint(
        self, incoming: Incoming, talk: Talk, painter: EffectSpec, picture: bytes
    ) -> Talk:
        known = painter.params.model_fields
        values = {name: value for name, value in talk.values.items() if name in known}
        return await self._tools.requests.redirect(incoming, talk, painter.name, values, picture)

    async def _own(self, user: str, spec: EffectSpec) -> dict[str, SavedFilter]:
        own = await self._tools.filters.own(user)
        return {each.name: each for each in own if each.effect == spec.name}

    def _look(self, spec: EffectSpec, values: Mapping[str, str], contents: list[bytes]) -> None:
        if spec.check is not None:
            decode = self._tools.decoder.decode
            spec.check(spec.parse(values), [decode(content) for content in contents])
