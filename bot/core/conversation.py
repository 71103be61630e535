"""The conversation: what a person said goes in, replies come out."""

from __future__ import annotations

import asyncio
import logging
import math
import secrets
from dataclasses import replace
from weakref import WeakValueDictionary

from bot.core.admin import Admin, after_command
from bot.core.apology import Apology
from bot.core.commands import Wish, read
from bot.core.forms import describe
from bot.core.menu import Menu
from bot.core.messages import Button, Incoming, Reply
from bot.core.request import Requests
from bot.core.session import Talk
from bot.core.status import StatusWords
from bot.core.texts import Texts, choose_language
from bot.core.watch import Watched
from effects.catalogue import Catalogue
from effects.errors import EffectError, UserError
from effects.spec import EffectSpec
from worker.jobs.errors import QueueError
from worker.jobs.model import Estimate, JobView, State
from worker.jobs.queue import Queue

__all__ = ["Conversation"]

log = logging.getLogger(__name__)
_ACTIVE = (State.WAITING, State.RUNNING)


class Conversation:
    """One conversation for all platforms; what it remembers is in the requests and the queue."""

    def __init__(
        self,
        catalogue: Catalogue,
        queue: Queue,
        requests: Requests,
        menu: Menu,
        texts: Texts,
        watched: Watched,
        admin: Admin,
    ) -> None:
        self._catalogue = catalogue
        self._queue = queue
        self._requests = requests
        self._menu = menu
        self._texts = texts
        self._watched = watched
        self._admin = admin
        self._words = StatusWords(catalogue, texts)
        self._apology = Apology(catalogue, texts)
        self._locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def handle(self, incoming: Incoming) -> list[Reply]:
        """Answer. Never raises: what goes wrong is a reply with `error`."""
        # Messages of one chat are taken one by one: an album may come as several at once.
        chat = (incoming.platform, incoming.chat)
        incoming = replace(incoming, lang=choose_language(incoming.lang))
        async with self._locks.setdefault(chat, asyncio.Lock()):
            try:
                return [await self._answer(incoming)]
            except (EffectError, QueueError) as error:
                log.info("%s to %s: %s", error.code, incoming.platform, error)
                return [self._apology.reply(error, incoming.lang)]
            # Whatever it is, the person gets a sentence and the log the rest.
            except Exception:
                incident = secrets.token_hex(4)
                log.exception("incident %s", incident)
                return [self._apology.incident(incident, incoming.lang)]

    async def _answer(self, incoming: Incoming) -> Reply:
        if incoming.press:
            return await self._press(incoming)
        command, role = after_command(incoming.text), self._admin.role(incoming.user)
        if command is not None and role is not None:
            return await self._admin.answer(
                command, who=incoming.user, role=role, lang=incoming.lang
            )
        fault: UserError | None = None
        try:
            wish = read(incoming.text, self._catalogue)
        except UserError as error:
            # The photos are kept all the same: only the words need to be said again.
            wish, fault = Wish("nothing"), error
        talk = await self._requests.current(incoming)
        if incoming.photos or wish.kind == "effect":
            talk = await self._requests.gather(incoming, talk, wish)
        if fault is not None:
            raise fault
        if wish.kind == "help":
            return await self._help(incoming.lang, wish.spec)
        if wish.kind == "queue":
            return await self._list_jobs(incoming)
        if wish.kind == "quota":
            return await self._quota(incoming)
        if wish.kind == "cancel":
            return await self._cancel(incoming, talk)
        if talk is None or not (incoming.photos or wish.kind == "effect"):
            return Reply(self._texts.say(incoming.lang, "not-understood"), error="not_understood")
        return await self._go_on(incoming, talk)

    async def _press(self, incoming: Incoming) -> Reply:
        action, _, target = incoming.press.partition(":")
        if action == "cancel":
            return self._stop(await self._queue.cancel(target, user=incoming.user))
        # Any other button stands for the command that it would save typing.
        return await self._answer(replace(incoming, press="", text=f"/{target or action}"))

    async def _go_on(self, incoming: Incoming, talk: Talk) -> Reply:
        """Ask for what the request still lacks, or send it off."""
        if not talk.effect:
            return await self._offer(incoming.lang, len(talk.photos))
        spec = self._catalogue[talk.effect]
        spec.parse(talk.values)
        if len(talk.photos) < spec.photos[0]:
            return self._ask_photos(incoming.lang, spec, len(talk.photos))
        await self._menu.check(spec, incoming.lang)
        job, ticket = await self._requests.submit(incoming, talk)
        self._watched.add(job, ticket.place)
        estimate = Estimate(place=ticket.place, seconds=ticket.seconds)
        reply = self._words.waiting(job, estimate)
        notice = (await self._menu.offer()).notice
        return replace(reply, text=self._texts.say(incoming.lang, notice)) if notice else reply

    async def _offer(self, lang: str, count: int) -> Reply:
        offer = await self._menu.offer()
        buttons = tuple(
            (Button(getattr(spec.title, lang), f"effect:{spec.name}"),)
            for spec in offer.specs
            if spec.photos[1] >= count
        )
        return Reply(self._texts.say(lang, "offer", count=count), buttons=buttons)

    def _ask_photos(self, lang: str, spec: EffectSpec, have: int) -> Reply:
        asked = spec.roles[have : spec.photos[0]]
        words = [self._texts.role(lang, role, ask=True) for role in asked]
        missing = ", ".join(words[:-1])
        if missing:
            missing = self._texts.say(lang, "and", first=missing, second=words[-1])
        title = getattr(spec.title, lang)
        text = self._texts.say(lang, "ask-photos", title=title, missing=missing or words[0])
        return Reply(text)

    async def _help(self, lang: str, spec: EffectSpec | None) -> Reply:
        if spec is not None:
            return Reply(describe(spec, lang, self._texts))
        offer = await self._menu.offer()
        lines = [self._texts.say(lang, "help")]
        lines += [
            self._texts.say(
                lang,
                "help-effect",
                name=each.name,
                title=getattr(each.title, lang),
                description=getattr(each.description, lang),
            )
            for each in offer.specs
        ]
        lines.append(self._texts.say(lang, "help-commands"))
        if offer.notice:
            lines.append(self._texts.say(lang, offer.notice))
        return Reply("\n".join(lines))

    async def _list_jobs(self, incoming: Incoming) -> Reply:
        lang = incoming.lang
        views = await self._active(incoming.user)
        if not views:
            return Reply(self._texts.say(lang, "queue-empty"))
        lines = [self._texts.say(lang, "queue-mine", count=len(views))]
        buttons = []
        for view in views:
            job = view.job
            title = self._words.title(job.effect, lang)
            if view.state == State.WAITING:
                stands = self._words.waiting(job, await self._queue.estimate(job.id))
            else:
                stands = self._words.running(job, view.progress)
            lines.append(self._texts.say(lang, "queue-line", title=title, line=stands.text))
            label = self._texts.say(lang, "cancel-one", title=title)
            buttons.append((Button(label, f"cancel:{job.id}"),))
        return Reply("\n".join(lines), buttons=tuple(buttons))

    async def _quota(self, incoming: Incoming) -> Reply:
        account = await self._queue.account(incoming.user)
        text = self._texts.say(
            incoming.lang,
            "quota",
            tier=account.tier,
            left=math.floor(account.available),
            allowance=math.floor(account.allowance),
            held=math.ceil(account.held),
            time=self._texts.duration(incoming.lang, account.refill),
        )
        return Reply(text)

    async def _cancel(self, incoming: Incoming, talk: Talk | None) -> Reply:
        """End the unfinished request; without one the only job, or ask which."""
        if talk is not None:
            await self._requests.drop(incoming, talk)
            return Reply(self._texts.say(incoming.lang, "forgotten"))
        views = await self._active(incoming.user)
        if not views:
            return Reply(self._texts.say(incoming.lang, "nothing-to-cancel"))
        if len(views) > 1:
            return await self._list_jobs(incoming)
        return self._stop(await self._queue.cancel(views[0].job.id, user=incoming.user))

    def _stop(self, view: JobView) -> Reply:
        if view.ending is not None:
            return self._words.ended(view.job, view.ending)
        return self._words.cancelling(view.job)

    async def _active(self, user: str) -> list[JobView]:
        return [view for view in await self._queue.jobs_of(user) if view.state in _ACTIVE]
