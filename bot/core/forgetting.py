"""Everything of a person is deleted: asked for once, confirmed by a button, done at once."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable

from bot.core.collection import PLACE
from bot.core.messages import Button, Incoming, Reply
from bot.core.preferences import Preferences
from bot.core.saved import SavedFilters
from bot.core.session import Sessions
from bot.core.texts import Texts
from worker.jobs.blobs import Blobs
from worker.jobs.office import Office
from worker.jobs.queue import Queue

__all__ = ["Forgetting"]


class Forgetting:
    """Answers `/forget` and its button; admins forget by `forget ACCOUNT`."""

    def __init__(
        self,
        queue: Queue,
        office: Office,
        blobs: Blobs,
        sessions: Sessions,
        preferences: Preferences,
        saved: SavedFilters,
        texts: Texts,
        *others: Callable[[str], Awaitable[None]],
    ) -> None:
        """`others` delete what fronts keep of a person, by the name on their platform."""
        self._queue = queue
        self._office = office
        self._blobs = blobs
        self._sessions = sessions
        self._preferences = preferences
        self._saved = saved
        self._texts = texts
        self._others = others

    def ask(self, incoming: Incoming) -> Reply:
        """What would go, and the button that lets it go."""
        label = self._texts.say(incoming.lang, "forget-button")
        button = Button(label, f"forget:{_mark(incoming.user)}")
        return Reply(self._texts.say(incoming.lang, "forget-ask"), buttons=((button,),))

    async def answer(self, incoming: Incoming, target: str) -> Reply:
        """The button was pressed. In a group anybody may: it counts for who asked alone."""
        if target != _mark(incoming.user):
            text = self._texts.say(incoming.lang, "forget-not-yours")
            return Reply(text, error="not_yours")
        await self.forget(incoming.user, who=incoming.identity)
        return Reply(self._texts.say(incoming.lang, "forget-done"), forgets=True)

    async def forget(self, user: str, *, who: str) -> None:
        """Delete all of the user's account, on every platform that it was linked with. What is cut
        short is said again, and goes on. Raises `NoSuchUser`.
        """
        person = await self._office.person(user)
        names = (person.user, *person.linked)
        for name in names:
            await self._preferences.delete(name)
            for drop in self._others:
                await drop(name)
            # copies that others have are theirs
            for one in await self._saved.of(name):
                await self._saved.delete(one.id)
                await self._blobs.delete_under(f"{PLACE}/{one.id}")
        for talk in await self._sessions.pop_of(names):
            await self._blobs.delete_under(talk.job)
        for job in await self._queue.erase(user, who=who):
            await self._blobs.delete_under(job)


def _mark(user: str) -> str:
    """Of an account whose name would not fit into a button."""
    return hashlib.sha256(user.encode()).hexdigest()[:16]
