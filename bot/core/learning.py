"""Filters on their way: kept before they are learned, and told of when they are."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from bot.core.forms import text_field
from bot.core.messages import Button, Incoming, Reply
from bot.core.saved import SavedFilter
from bot.core.session import Talk
from bot.core.tools import Tools
from effects.spec import EffectSpec
from worker.jobs.errors import NoSuchJob, NotYours
from worker.jobs.model import Done, Ending, Job

__all__ = ["Learning"]


class Learning:
    """What is particular to the jobs of effects that teach a filter."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def pick_up(self, incoming: Incoming, spec: EffectSpec, talk: Talk) -> Talk | Reply:
        """Without a picture the name of an own filter stands for its picture. A reply where there
        is nothing to learn. Raises `BadFilterName` and `FilterNameShipped`.
        """
        if not (wanted := _name(spec, talk)):
            return talk
        name = self._tools.filters.check_name(wanted)
        if talk.photos:
            return talk
        own = {each.name: each for each in await self._tools.filters.own(incoming.user)}
        return await self.again(incoming, spec, talk, own[name]) if name in own else talk

    async def again(
        self, incoming: Incoming, spec: EffectSpec, talk: Talk | None, one: SavedFilter
    ) -> Talk | Reply:
        """The talk, or a new one, as one that learns a filter by the picture it was saved with."""
        if under_way := await self._under_way(incoming, one):
            return under_way
        picture = await self._tools.blobs.get(one.picture)
        values, night = (talk.values, talk.night) if talk else ({}, None)
        begun = await self._tools.requests.begin(incoming, spec.name, [picture], values)
        await self._tools.filters.begin(one, begun.job)
        return await self._tools.requests.choose(incoming, begun, night=night)

    async def keep(
        self, incoming: Incoming, spec: EffectSpec, talk: Talk
    ) -> tuple[dict[str, str], str] | Reply:
        """Save the filter that the talk will teach: its name as a parameter, and the sentence that
        says so, or "" if it was saved before. A reply where there is nothing to learn. Raises what
        `Collection.keep` does.
        """
        if not spec.teaches:
            return {}, ""
        if found := await self._tools.filters.learned_by(talk.job):
            return _named(spec, found), ""
        say, lang = self._tools.texts.say, incoming.lang
        one = await self._tools.filters.keep(
            incoming.user,
            spec.teaches,
            await self._tools.blobs.get(talk.photos[0]),
            name=_name(spec, talk),
            stem=say(lang, "filter-stem"),
        )
        settled = await self._under_way(incoming, one)
        if one.is_learned:
            settled = Reply(say(lang, "filter-learned-already", name=one.name, effect=one.effect))
        if settled:
            await self._tools.requests.drop(incoming, talk)
            return settled
        await self._tools.filters.begin(one, talk.job)
        return _named(spec, one), say(lang, "filter-kept", name=one.name, effect=one.effect)

    async def ended(self, job: Job, ending: Ending, reply: Reply) -> Reply:
        """The reply to the end of a job: if it was to learn a filter, whether it has, and what
        next. What was learned is kept; told twice it is the same. Raises `BlobMissing`.
        """
        if not self._teaches(job):
            return reply
        one = await self._tools.filters.learned_by(job.id)
        if one is not None and isinstance(ending, Done):
            one = await self._tools.filters.learn(job, ending)
        return self._told(job, ending, reply, one)

    async def looked_at(self, job: Job, ending: Ending, reply: Reply) -> Reply:
        """The same for who looks at the job later; nothing is changed."""
        if not self._teaches(job):
            return reply
        return self._told(job, ending, reply, await self._tools.filters.learned_by(job.id))

    def _teaches(self, job: Job) -> bool:
        catalogue = self._tools.catalogue
        return job.effect in catalogue and bool(catalogue[job.effect].teaches)

    def _told(self, job: Job, ending: Ending, reply: Reply, one: SavedFilter | None) -> Reply:
        say = self._tools.texts.say
        if isinstance(ending, Done):
            if one is None:
                return replace(reply, text=say(job.lang, "error-filter-gone"), buttons=())
            text = say(job.lang, "filter-ready", name=one.name, effect=one.effect)
            return replace(reply, text=text)
        if one is None or one.is_learned:
            return reply
        text = say(job.lang, "filter-unlearned", name=one.name, command=job.effect)
        button = Button(say(job.lang, "filter-relearn"), f"relearn:{job.id}")
        return replace(reply, text=f"{reply.text}\n{text}", buttons=((button,),))

    async def _under_way(self, incoming: Incoming, one: SavedFilter) -> Reply | None:
        """How its learning stands, if it has not ended."""
        with suppress(NoSuchJob, NotYours):
            view = await self._tools.queue.view(one.job, user=incoming.user)
            if view.ending is None:
                return await self._tools.standing.reply(view)
        return None


def _named(spec: EffectSpec, one: SavedFilter) -> dict[str, str]:
    field = text_field(spec)
    return {field: one.name} if field else {}


def _name(spec: EffectSpec, talk: Talk) -> str:
    """What the filter that the talk teaches shall be called; "": not said, or it teaches none."""
    return talk.values.get(text_field(spec), "") if spec.teaches else ""
