"""A request on its way into the queue: what it lacks is asked for; then now, or by morning."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.core.commands import Wish
from bot.core.learning import Learning
from bot.core.limits import OverLimit, fit
from bot.core.messages import Button, Incoming, Reply
from bot.core.painting import Painting
from bot.core.session import Talk
from bot.core.terms import NotByNight, Terms
from bot.core.tools import Tools
from effects.spec import EffectSpec
from worker.jobs.errors import EffectPaused, QuotaExceeded
from worker.jobs.model import Estimate, Job, JobView, State

__all__ = ["Sending"]


class Sending:
    """The last questions before a request is a job, and what changes a job that waits."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._painting = Painting(tools)
        self._learning = Learning(tools)

    async def go_on(self, incoming: Incoming, talk: Talk) -> Reply:
        """Ask for what the request still lacks, or send it off."""
        lang = incoming.lang
        if not talk.effect:
            return await self._ask_effect(lang, talk)
        talk, note = await self._painting.route(incoming, talk)
        spec = self._tools.catalogue[talk.effect]
        terms = await self._tools.standing.terms(incoming.user)
        if spec.name in terms.rules.paused_effects:
            raise EffectPaused(f"{spec.name} is paused just now", effect=spec.name)
        if talk.night and not terms.may_wait(spec):
            # Said again without "tonight" it shall do.
            await self._tools.requests.choose(incoming, talk, night=None)
            raise NotByNight.of(spec, terms, lang)
        picked = await self._learning.pick_up(incoming, spec, talk)
        if isinstance(picked, Reply):
            return picked
        talk = picked
        try:
            side = (await self._tools.preferences.get(incoming.user)).size
            values = fit(spec, talk.values, terms, night=bool(talk.night), side=side)
        except OverLimit as error:
            buttons = self._morning(lang, spec, talk, terms) if error.details["night"] else ()
            return replace(self._tools.apology.reply(error, lang), buttons=buttons)
        params = spec.parse(values)
        if len(talk.photos) < spec.needs(params):
            return self._ask_photos(lang, spec.roles[len(talk.photos) : spec.needs(params)], spec)
        spec.check_photos(len(talk.photos), params)
        await self._tools.menu.check(spec, lang)
        await self._painting.check(incoming, talk, values)
        kept = await self._learning.keep(incoming, spec, talk)
        if isinstance(kept, Reply):
            return kept
        named, said = kept
        reply = await self._queue_up(incoming, talk, spec, terms, values | named)
        note = note or said
        return replace(reply, text=f"{note}\n{reply.text}") if note else reply

    async def tonight(self, incoming: Incoming, wish: Wish) -> Reply:
        """`/tonight` without a request: the job that waits, or else the next request, is meant."""
        views = await self._tools.queue.jobs_of(incoming.user)
        found = [view.job for view in views if self._can_be_deferred(view)]
        if not found:
            return await self.go_on(
                incoming, await self._tools.requests.gather(incoming, None, wish)
            )
        if len(found) == 1:
            return await self._defer(found[0].id, incoming)
        return Reply(
            self._tools.texts.say(incoming.lang, "tonight-which"),
            buttons=tuple((self._defer_button(job, incoming.lang),) for job in found),
        )

    async def choose(self, incoming: Incoming, target: str, *, night: bool) -> Reply:
        """A button "now" or "by morning" was pressed, for the request at hand or for a job."""
        talk = await self._tools.requests.current(incoming)
        if talk is not None and talk.job == target:
            talk = await self._tools.requests.choose(incoming, talk, night=night)
            return await self.go_on(incoming, talk)
        if night:
            return await self._defer(target, incoming)
        return await self._tools.standing.reply(
            await self._tools.queue.view(target, user=incoming.user)
        )

    async def _queue_up(
        self,
        incoming: Incoming,
        talk: Talk,
        spec: EffectSpec,
        terms: Terms,
        values: Mapping[str, str],
    ) -> Reply:
        job = await self._tools.requests.draft(incoming, talk, values)
        morning = self._morning(incoming.lang, spec, talk, terms) if terms.may_wait(spec) else ()
        if talk.night is None and morning and terms.is_heavy(job):
            estimate = await self._tools.queue.foresee(job)
            if terms.is_offered(spec, job, estimate):
                return self._offer(incoming.lang, job, estimate, morning)
        try:
            job = await self._painting.attach(job)
            job, ticket = await self._tools.requests.submit(incoming, job)
        except QuotaExceeded as error:
            return replace(self._tools.apology.reply(error, incoming.lang), buttons=morning)
        estimate = Estimate(place=ticket.place, seconds=ticket.seconds)
        reply = await self._tools.standing.waiting(job, estimate)
        self._tools.watched.add(job, estimate, reply.text)
        notice = "" if job.deferred else (await self._tools.menu.offer()).notice
        return (
            replace(reply, text=self._tools.texts.say(incoming.lang, notice)) if notice else reply
        )

    async def _defer(self, id: str, incoming: Incoming) -> Reply:
        view = await self._tools.queue.defer(id, user=incoming.user)
        reply = await self._tools.standing.reply(view)
        if self._tools.watched.get(id) is not None:
            self._tools.watched.add(view.job, await self._tools.standing.estimate(view), reply.text)
        return reply

    def _can_be_deferred(self, view: JobView) -> bool:
        job = view.job
        known = job.effect in self._tools.catalogue and self._tools.catalogue[job.effect].deferrable
        return view.state == State.WAITING and known and not job.deferred

    def _defer_button(self, job: Job, lang: str) -> Button:
        title = getattr(self._tools.catalogue[job.effect].title, lang)
        return Button(self._tools.texts.say(lang, "tonight-one", title=title), f"tonight:{job.id}")

    def _offer(
        self, lang: str, job: Job, estimate: Estimate, morning: tuple[tuple[Button, ...], ...]
    ) -> Reply:
        time = self._tools.texts.duration(lang, estimate.seconds)
        label = self._tools.texts.say(lang, "now", credits=math.ceil(job.cost / 1e6))
        now = Button(label, f"now:{job.id}")
        return Reply(
            self._tools.texts.say(lang, "now-or-morning", time=time), buttons=((now,), *morning)
        )

    def _morning(
        self, lang: str, spec: EffectSpec, talk: Talk, terms: Terms
    ) -> tuple[tuple[Button, ...], ...]:
        """The button that lets the request wait for the night."""
        by_night = fit(spec, talk.values, terms, night=True)
        name = spec.size_field or ""
        side = "" if name in talk.values else by_night.get(name, "")
        label = self._tools.texts.say(lang, "by-morning", side=side or "none")
        return ((Button(label, f"tonight:{talk.job}"),),)

    async def _ask_effect(self, lang: str, talk: Talk) -> Reply:
        if not talk.photos:
            return Reply(self._tools.texts.say(lang, "tonight-next"))
        offer = await self._tools.menu.offer()
        count = len(talk.photos)
        buttons = tuple(
            (Button(getattr(spec.title, lang), f"effect:{spec.name}"),)
            for spec in offer.specs
            if spec.photos[1] >= count and (spec.deferrable or not talk.night)
        )
        return Reply(self._tools.texts.say(lang, "offer", count=count), buttons=buttons)

    def _ask_photos(self, lang: str, asked: Sequence[str], spec: EffectSpec) -> Reply:
        words = [self._tools.texts.role(lang, role, ask=True) for role in asked]
        missing = ", ".join(words[:-1])
        if missing:
            missing = self._tools.texts.say(lang, "and", first=missing, second=words[-1])
        title = getattr(spec.title, lang)
        text = self._tools.texts.say(lang, "ask-photos", title=title, missing=missing or words[0])
        return Reply(text)
