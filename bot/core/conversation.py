"""The conversation: what a person said goes in, replies come out."""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import replace
from weakref import WeakValueDictionary

from bot.core.accounts import Accounts
from bot.core.admin import Admin, after_command
from bot.core.after import ACTIONS
from bot.core.choosing import Choosing
from bot.core.commands import Wish, read
from bot.core.filing import Filing
from bot.core.forgetting import Forgetting
from bot.core.forms import describe
from bot.core.messages import Button, Incoming, Reply
from bot.core.metrics import ANSWERS
from bot.core.preferences import Settings
from bot.core.remake import Remake
from bot.core.sending import Sending
from bot.core.session import Talk
from bot.core.styles import Styles
from bot.core.texts import choose_language
from bot.core.tools import Tools
from bot.core.watch import RUNNING
from effects.errors import EffectError, UserError
from effects.spec import EffectSpec
from worker.jobs.errors import QueueError
from worker.jobs.model import JobView, State
from worker.jobs.tracing import span

__all__ = ["Conversation"]

log = logging.getLogger(__name__)
_ACTIVE = (State.WAITING, State.RUNNING)


class Conversation:
    """One conversation for all platforms; what it remembers is in the requests and the queue."""

    def __init__(
        self, tools: Tools, accounts: Accounts, admin: Admin, forgetting: Forgetting
    ) -> None:
        self._tools = tools
        self._accounts = accounts
        self._admin = admin
        self._forgetting = forgetting
        self._settings = Settings(tools.preferences, tools.texts)
        self._sending = Sending(tools)
        self._remake = Remake(tools, self._sending)
        self._filing = Filing(tools, self._sending)
        self._styles = Styles(tools)
        choosing = Choosing(tools, self._sending)
        self._choices = {
            "filter": choosing.own,
            "relearn": self._filing.relearn,
            "sample": choosing.shipped,
            "save": self._filing.save,
            "use": choosing.learned,
        }
        self._locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def handle(self, incoming: Incoming) -> list[Reply]:
        """Answer. Never raises: what goes wrong is a reply with `error`."""
        with span("handle", messenger=incoming.platform) as facts:
            reply = await self._handle(incoming)
            facts["code"] = reply.error
        ANSWERS.labels(incoming.platform, reply.error).inc()
        # What went wrong with a button concerns whoever pressed it alone; a way out must stay.
        refused = bool(incoming.press and reply.error and not reply.buttons)
        return [replace(reply, toast=reply.toast or refused)]

    async def _handle(self, incoming: Incoming) -> Reply:
        # Messages of one chat are taken one by one: an album may come as several at once.
        chat = (incoming.platform, incoming.chat)
        incoming = replace(incoming, lang=choose_language(incoming.lang))
        async with self._locks.setdefault(chat, asyncio.Lock()):
            try:
                account = await self._tools.queue.whose(incoming.user)
                incoming = replace(incoming, identity=incoming.user, user=account)
                settled = await self._tools.preferences.get(incoming.user)
                incoming = replace(incoming, lang=settled.lang or incoming.lang)
                return await self._answer(incoming)
            except (EffectError, QueueError) as error:
                # The sentence may have words of the person's.
                known = {"code": error.code, "messenger": incoming.platform}
                log.info("%s to %s", error.code, incoming.platform, extra=known)
                return self._tools.apology.reply(error, incoming.lang)
            # Whatever it is, the person gets a sentence and the log the rest.
            except Exception:
                incident = secrets.token_hex(4)
                log.exception("incident %s", incident)
                return self._tools.apology.incident(incident, incoming.lang)

    async def _answer(self, incoming: Incoming) -> Reply:
        if incoming.press:
            return await self._press(incoming)
        if incoming.odd:
            return Reply(
                self._tools.texts.say(incoming.lang, "odd", kind=incoming.odd), error="odd"
            )
        command, role = after_command(incoming.text), self._admin.role(incoming.identity)
        if command is not None and role is not None:
            return await self._admin.answer(
                command, who=incoming.identity, role=role, lang=incoming.lang
            )
        fault: UserError | None = None
        try:
            wish = read(incoming.text, self._tools.catalogue)
        except UserError as error:
            # The photos are kept all the same: only the words need to be said again.
            wish, fault = Wish("nothing"), error
        if wish.kind == "effect":
            # Asked for in reply to a picture: that one is meant, with one's own as the second.
            incoming = replace(incoming, photos=incoming.quoted + incoming.photos)
        talk = await self._tools.requests.current(incoming)
        about_talk = wish.kind == "effect" or (wish.kind == "tonight" and talk is not None)
        if incoming.photos or about_talk:
            talk = await self._tools.requests.gather(incoming, talk, wish)
        if fault is not None:
            raise fault
        if wish.kind == "help":
            return await self._help(incoming.lang, wish.spec)
        if wish.kind == "queue":
            return await self._list_jobs(incoming)
        if wish.kind == "quota":
            return await self._accounts.quota(incoming)
        if wish.kind == "link":
            return await self._accounts.link(incoming, wish.code)
        if wish.kind == "forget":
            return self._forgetting.ask(incoming)
        if wish.kind == "styles":
            return await self._styles.show(incoming)
        if wish.kind == "filing" and wish.spec is not None:
            return await self._filing.manage(incoming, wish.spec, wish.words)
        if wish.kind == "settings":
            return await self._settings.show(incoming)
        if wish.kind == "cancel":
            return await self._cancel(incoming, talk)
        if wish.kind == "tonight" and talk is None:
            return await self._sending.tonight(incoming, wish)
        if talk is None or not (incoming.photos or wish.kind in ("effect", "tonight")):
            return Reply(
                self._tools.texts.say(incoming.lang, "not-understood"), error="not_understood"
            )
        return await self._sending.go_on(incoming, talk)

    async def _press(self, incoming: Incoming) -> Reply:
        action, _, target = incoming.press.partition(":")
        if action == "cancel":
            return self._stop(await self._tools.queue.cancel(target, user=incoming.user))
        if target and action == "forget":
            return await self._forgetting.answer(incoming, target)
        if target and action == "set":
            return await self._settings.change(incoming, target)
        if target and action in self._choices:
            return await self._choices[action](incoming, target)
        if action == "styles" and target.isdecimal():
            return await self._styles.show(incoming, int(target))
        if target and action in ACTIONS:
            return await self._remake.answer(incoming, action, target)
        if target and action in ("now", "tonight"):
            return await self._sending.choose(incoming, target, night=action == "tonight")
        # Any other button stands for the command that it would save typing.
        return await self._answer(replace(incoming, press="", text=f"/{target or action}"))

    async def _help(self, lang: str, spec: EffectSpec | None) -> Reply:
        if spec is not None:
            return Reply(describe(spec, lang, self._tools.texts))
        offer = await self._tools.menu.offer()
        lines = [self._tools.texts.say(lang, "help")]
        lines += [
            self._tools.texts.say(
                lang,
                "help-effect",
                name=each.name,
                title=getattr(each.title, lang),
                description=getattr(each.description, lang),
            )
            for each in offer.specs
        ]
        lines.append(self._tools.texts.say(lang, "help-commands"))
        if offer.notice:
            lines.append(self._tools.texts.say(lang, offer.notice))
        return Reply("\n".join(lines))

    async def _list_jobs(self, incoming: Incoming) -> Reply:
        lang = incoming.lang
        views = await self._active(incoming.user)
        if not views:
            return Reply(self._tools.texts.say(lang, "queue-empty"))
        lines = [self._tools.texts.say(lang, "queue-mine", count=len(views))]
        buttons = []
        for view in views:
            job = view.job
            title = self._tools.words.title(job.effect, lang)
            stands = await self._tools.standing.reply(view)
            lines.append(self._tools.texts.say(lang, "queue-line", title=title, line=stands.text))
            label = self._tools.texts.say(lang, "cancel-one", title=title)
            buttons.append((Button(label, f"cancel:{job.id}"),))
        return Reply("\n".join(lines), buttons=tuple(buttons))

    async def _cancel(self, incoming: Incoming, talk: Talk | None) -> Reply:
        """End the unfinished request; without one the only job, or ask which."""
        if talk is not None:
            await self._tools.requests.drop(incoming, talk)
            return Reply(self._tools.texts.say(incoming.lang, "forgotten"))
        views = await self._active(incoming.user)
        if not views:
            return Reply(self._tools.texts.say(incoming.lang, "nothing-to-cancel"))
        if len(views) > 1:
            return await self._list_jobs(incoming)
        return self._stop(await self._tools.queue.cancel(views[0].job.id, user=incoming.user))

    def _stop(self, view: JobView) -> Reply:
        if view.ending is not None:
            return self._tools.words.ended(view.job, view.ending)
        # It runs: that need not be told any more.
        reply = self._tools.words.cancelling(view.job)
        self._tools.watched.move(view.job, RUNNING)
        self._tools.watched.say(view.job, reply.text)
        return reply

    async def _active(self, user: str) -> list[JobView]:
        return [view for view in await self._tools.queue.jobs_of(user) if view.state in _ACTIVE]
