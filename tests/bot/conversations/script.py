"""The words of which the table's cases are made: what a person does, what is heard, what the
worker does.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.bot.conftest import House, until
from tests.bot.conversations.colours import colour, photo
from tests.bot.conversations.stages import Heard, How, Stage
from tests.conftest import WAIT
from worker.jobs.model import Claim
from worker.jobs.rules import Tier

__all__ = [
    "EFFECTS", "Act", "Allows", "Answers", "Attached", "Fails", "Finds", "Finishes", "Hears",
    "Presses", "Progresses", "Says", "Sends", "SendsFile", "SendsOdd", "Stands", "Step", "Stops",
    "Toasts", "Works",
]  # fmt: skip

EFFECTS = ("blend", "oil", "swirl")
"""What a worker has, unless a case says that it has more."""


@dataclass
class Act:
    """A conversation that is being played."""

    house: House
    stage: Stage
    effects: tuple[str, ...] = EFFECTS
    sent: Any = None
    """The person's last message with pictures."""
    claim: Claim | None = None
    """What the worker does."""
    asked: int = 0
    """How often the account was asked for, to hear the end of what was said before."""

    async def hear(self, words: tuple[str, ...], **wanted: Any) -> Heard:
        """Wait for a message that holds the words and has what is wanted."""

        def fits(heard: Heard) -> bool:
            have = all(getattr(heard, name) == value for name, value in wanted.items())
            return have and all(word.lower() in heard.text.lower() for word in words)

        def found() -> Heard | None:
            return next((heard for heard in reversed(self.stage.heard()) if fits(heard)), None)

        try:
            heard = await until(found)
        except AssertionError:
            stand = "\n".join(str(heard) for heard in self.stage.heard())
            raise AssertionError(f"{words} {wanted} was not heard, but\n{stand}") from None
        assert isinstance(heard, Heard)
        return heard

    async def take(self) -> Claim:
        """The next job, as soon as there is one."""
        claims = await self.house.queue.claim("hand", self.effects, lease=600, wait=WAIT)
        assert claims, "no job was queued"
        return claims[0]


class Step(ABC):
    """One line of a script."""

    @abstractmethod
    async def play(self, act: Act) -> None:
        """Do it, or wait until it is so."""


@dataclass(frozen=True)
class Says(Step):
    """Words. `to`: in reply to one's "own" last picture, or to the "bot"'s last message with a
    picture.
    """

    text: str
    to: str = ""
    mention: bool = False

    async def play(self, act: Act) -> None:
        to = act.sent if self.to == "own" else None
        if self.to == "bot":
            to = [one for one in act.stage.heard() if one.pictures][-1].message
        await act.stage.say(self.text, to=to, mention=self.mention)


class Sends(Step):
    """Pictures of these colours, in one message."""

    def __init__(self, *colours: str, text: str = "", how: How = "photo") -> None:
        self._photos = [photo(name) for name in colours]
        self._text = text
        self._how: How = how

    async def play(self, act: Act) -> None:
        act.sent = await act.stage.bring(self._photos, self._text, how=self._how)


@dataclass(frozen=True)
class SendsFile(Step):
    """A file as it is."""

    content: bytes
    name: str
    text: str = ""

    async def play(self, act: Act) -> None:
        await act.stage.bring([self.content], self.text, how="document", name=self.name)


@dataclass(frozen=True)
class SendsOdd(Step):
    """A sticker, voice or video."""

    kind: str

    async def play(self, act: Act) -> None:
        await act.stage.odd(self.kind)


@dataclass(frozen=True)
class Presses(Step):
    """The button, under the newest message that has it; `other`: somebody else does."""

    label: str
    other: bool = False

    async def play(self, act: Act) -> None:
        def found() -> Heard | None:
            having = [one for one in act.stage.heard() if any(self.label in b for b in one.buttons)]
            return having[-1] if having else None

        heard = await until(found)
        await act.stage.press(heard, self.label, other=self.other)


class Hears(Step):
    """A message of the bot with all these words; `buttons`, `pictures`, `files` exactly."""

    def __init__(self, *words: str, **wanted: tuple[str, ...]) -> None:
        self._words = words
        self._wanted = wanted

    def __repr__(self) -> str:
        return f"Hears({self._words}, {self._wanted})"

    async def play(self, act: Act) -> None:
        await act.hear(self._words, **self._wanted)


@dataclass(frozen=True)
class Answers(Step):
    """The message with these words replies to the person's last message with pictures."""

    words: str

    async def play(self, act: Act) -> None:
        await act.hear((self.words,), answers=act.stage.id_of(act.sent))


class Toasts(Step):
    """One of these sentences for who pressed a button, beside the chat."""

    def __init__(self, *sentences: str) -> None:
        self._sentences = set(sentences)

    async def play(self, act: Act) -> None:
        await until(lambda: self._sentences & set(act.stage.toasts()))


@dataclass(frozen=True)
class Stands(Step):
    """So many messages of the bot stand in the chat when all has been said."""

    count: int

    async def play(self, act: Act) -> None:
        # what was said before is answered before this, and endings have left the outbox
        await act.stage.say("/me")
        act.asked += 1
        await until(lambda: act.asked == len(_accounts(act.stage.heard())))
        await until(lambda: not any(act.house.queue._outbox.values()))
        assert self.count == len(act.stage.heard()) - act.asked, act.stage.heard()


def _accounts(heard: list[Heard]) -> list[Heard]:
    return [one for one in heard if re.search(r"\b(fake|web|telegram|vk):", one.text)]


@dataclass(frozen=True)
class Works(Step):
    """The worker takes a job of this effect, with photos of these colours in this order, and
    these parameters.
    """

    effect: str
    photos: tuple[str, ...] = ("teal",)
    params: Mapping[str, Any] = field(default_factory=dict)

    async def play(self, act: Act) -> None:
        claim = act.claim = await act.take()
        photos = [colour(await act.house.blobs.get(name)) for name in claim.job.photos]
        assert (self.effect, list(self.photos)) == (claim.job.effect, photos)
        assert self.params == {name: claim.job.params[name] for name in self.params}


@dataclass(frozen=True)
class Finds(Step):
    """The worker finds no job."""

    async def play(self, act: Act) -> None:
        assert [] == await act.house.queue.claim("hand", act.effects, lease=600)


@dataclass(frozen=True)
class Progresses(Step):
    """So many percent, perhaps with a preview of a colour."""

    percent: int
    preview: str = ""

    async def play(self, act: Act) -> None:
        assert act.claim is not None
        content = photo(self.preview) if self.preview else b""
        await act.house.progress(act.claim, self.percent, 100, content)


@dataclass(frozen=True)
class Attached(Step):
    """To the job are attached these saved filters, as they were learned."""

    filters: Mapping[str, bytes]

    async def play(self, act: Act) -> None:
        assert act.claim is not None
        attached = act.claim.job.attachments.items()
        assert self.filters == {name: await act.house.blobs.get(blob) for name, blob in attached}


@dataclass(frozen=True)
class Finishes(Step):
    """With a picture of a colour; `data`: what was learned."""

    colour: str = "red"
    data: bytes = b""

    async def play(self, act: Act) -> None:
        assert act.claim is not None
        await act.house.finish(act.claim, photo(self.colour), data=self.data)


@dataclass(frozen=True)
class Fails(Step):
    """Without a result."""

    code: str

    async def play(self, act: Act) -> None:
        assert act.claim is not None
        await act.house.queue.fail(act.claim, self.code, "it failed", retry=False)


@dataclass(frozen=True)
class Stops(Step):
    """The worker has heard that the job was cancelled."""

    async def play(self, act: Act) -> None:
        assert act.claim is not None
        await act.house.queue.acknowledge_cancel(act.claim)


@dataclass(frozen=True)
class Allows(Step):
    """An admin sets the free tier."""

    tier: Tier

    async def play(self, act: Act) -> None:
        office = act.house.queue.office
        rules = await office.rules()
        tiers = {**rules.tiers, "free": self.tier}
        await office.set_rules(rules.model_copy(update={"tiers": tiers}), who="admin")
