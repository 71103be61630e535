"""What people do with their filters: share, add, rename, delete; save a style they have used."""

from __future__ import annotations

from bot.core.learning import Learning
from bot.core.messages import Incoming, Reply
from bot.core.sending import Sending
from bot.core.tools import Tools
from effects.errors import UserError
from effects.spec import EffectSpec
from worker.jobs.errors import NoSuchJob

__all__ = ["Filing", "FilterUsage"]

_NAMES = {"add": 1, "rename": 2, "delete": 1, "share": 1}


class FilterUsage(UserError):
    """The `verb` needs other words than were given."""

    code = "filter_usage"


class Filing:
    """Answers "/style share sea", and the buttons about saved filters."""

    def __init__(self, tools: Tools, sending: Sending) -> None:
        self._tools = tools
        self._sending = sending
        self._learning = Learning(tools)

    async def manage(self, incoming: Incoming, spec: EffectSpec, words: tuple[str, ...]) -> Reply:
        """Do what a verb says, with the names behind it. Raises `FilterUsage`, and what is wrong
        with the names.
        """
        verb, *names = words
        if len(names) != _NAMES[verb]:
            raise FilterUsage(f"{verb} needs other words", verb=verb, effect=spec.name)
        if verb == "add":
            return await self._add(incoming, names[0])
        filters, lang, user = self._tools.filters, incoming.lang, incoming.user
        say = self._tools.texts.say
        if verb == "rename":
            one = await filters.rename(user, *names)
            return Reply(say(lang, "filter-renamed", old=names[0], name=one.name))
        if verb == "delete":
            one = await filters.delete(user, names[0])
            talk = await self._tools.requests.current(incoming)
            if talk is not None and talk.job == one.job:
                await self._tools.requests.drop(incoming, talk)
            return Reply(say(lang, "filter-deleted", name=one.name))
        one = await filters.named(user, names[0])
        return Reply(say(lang, "filter-shared", name=one.name, code=one.code, effect=one.effect))

    async def save(self, incoming: Incoming, target: str) -> Reply:
        """Save and learn the style picture of a job. Raises `NoSuchJob`, `NotYours` and
        `BlobMissing`.
        """
        job = (await self._tools.queue.view(target, user=incoming.user)).job
        roles = self._tools.catalogue[job.effect].roles[: len(job.photos)]
        if "style" not in roles:  # a button that was not shown
            said = self._tools.texts.say(incoming.lang, "not-understood")
            return Reply(said, error="not_understood")
        picture = await self._tools.blobs.get(job.photos[roles.index("style")])
        talk = await self._tools.requests.begin(incoming, self._teacher().name, [picture], {})
        return await self._sending.go_on(incoming, talk)

    async def relearn(self, incoming: Incoming, target: str) -> Reply:
        """Try again to learn the filter of a job. Raises `FilterGone`."""
        one = await self._tools.filters.of_job(incoming.user, target)
        begun = await self._learning.again(incoming, self._teacher(one.effect), None, one)
        return begun if isinstance(begun, Reply) else await self._sending.go_on(incoming, begun)

    async def _add(self, incoming: Incoming, code: str) -> Reply:
        one = await self._tools.filters.copy(incoming.user, code)
        say, lang = self._tools.texts.say, incoming.lang
        if one.is_learned:
            return Reply(say(lang, "filter-added", name=one.name, effect=one.effect))
        return Reply(
            say(
                lang,
                "filter-added-unlearned",
                name=one.name,
                effect=one.effect,
                command=self._teacher(one.effect).name,
            )
        )

    def _teacher(self, effect: str = "") -> EffectSpec:
        """What learns filters, those of `effect` if one is given. Raises `NoSuchJob` when it is
        no longer installed.
        """
        for spec in self._tools.catalogue:
            if spec.teaches and effect in ("", spec.teaches):
                return spec
        raise NoSuchJob("nothing learns filters here any more")
