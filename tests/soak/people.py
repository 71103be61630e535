"""People: each asks for something, waits for what comes of it, thinks a while, and asks anew."""

from __future__ import annotations

import asyncio
import io
import random
import time
from collections.abc import Awaitable, Callable

from PIL import Image

from tests.soak.book import Book, Wish, is_inverse, outcome_of
from tests.soak.chats import Chat, Heard
from tests.soak.plan import WISHES, Day, Plan

__all__ = ["INVERTED", "Errand", "Person", "picture"]

INVERTED = ("photo", "large photo", "slow", "album", "buttons", "cancel")
_COMMANDS = ("/help", "/quota", "/styles", "/help stroll", "what is this?", "/nonsense", "/queue")


def picture(dice: random.Random, *, large: bool = False) -> bytes:
    """A JPEG of a colour by the dice; a large one is noisy."""
    color = tuple(dice.randrange(40, 216) for _ in range(3))
    image = Image.new("RGB", (1024, 768) if large else (240, 180), color)
    if large:
        noise = Image.effect_noise(image.size, 30).convert("RGB")
        image = Image.blend(image, noise, 0.2)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=92)
    return file.getvalue()


class Errand:
    """What a person says for a wish, by its kind."""

    def __init__(self, kind: str, dice: random.Random, text: str = "") -> None:
        self.kind = kind
        large = kind == "large photo"
        self.photos = [picture(dice, large=large) for _ in range(2 if kind == "album" else 1)]
        steps, pause = dice.randint(5, 40), round(dice.uniform(0.05, 0.15), 2)
        self.text = {
            "photo": "/invert", "large photo": "/invert", "album": "/duet", "buttons": "",
            "slow": f"/stroll steps={steps} pause={pause}", "cancel": "/stroll steps=60 pause=0.2",
            "style": f"/style {dice.choice(('starry', 'wave', 'kandinsky'))}",
            "recognize": "/recognize", "bad picture": "/invert", "crash": "/odd how=die",
            "wrong": dice.choice(("/invert size=3", "/stroll steps=0", "/duet")),
            "words": text or dice.choice(_COMMANDS),
        }[kind]  # fmt: skip
        if kind == "bad picture":
            self.photos = [self.photos[0][: dice.randrange(300, 600)]]
        if kind in ("words", "crash"):
            self.photos = []


class Person:
    """One, on a messenger."""

    def __init__(
        self,
        chat: Chat,
        plan: Plan,
        book: Book,
        dice: random.Random,
        is_known: Callable[[Wish], Awaitable[bool]],
    ) -> None:
        """`is_known`: whether the queue has the wish's job."""
        self._chat = chat
        self._plan = plan
        self._book = book
        self._dice = dice
        self._is_known = is_known
        self._before: set[int] = set()

    async def live(self, day: Day) -> None:
        """Until it is over."""
        await asyncio.sleep(self._dice.uniform(0, self._plan.think))
        result = True
        while not day.is_over:
            kind = day.wish(self._dice, WISHES)
            if kind == "buttons" and not result:
                # what was sent for something that did not come to be would count
                await self._ask(Errand("words", self._dice, "/cancel"))
            result = await self._ask(Errand(kind, self._dice))
            await asyncio.sleep(self._dice.expovariate(1 / self._plan.think))

    async def _ask(self, errand: Errand) -> bool:
        """Whether a result came."""
        self._look()
        wish = Wish(
            self._chat.user, errand.kind, time.time(), errand.photos[0] if errand.photos else b""
        )
        self._book.open(wish)
        if errand.kind == "bad picture":
            sent = await self._chat.attach(errand.photos[0], "photo.jpg", errand.text)
        elif errand.photos:
            sent = await self._chat.show(errand.photos, errand.text)
        else:
            sent = await self._chat.say(errand.text)
        wish.numbers = sent
        heard = await self._hear(wish)
        if errand.kind == "buttons" and heard and "effect:invert" in heard.buttons:
            self._look()
            await self._chat.press(heard, "effect:invert")
            heard = await self._hear(wish, lambda: self._chat.press(heard, "effect:invert"))
        if heard is None:
            return False
        outcome = outcome_of(heard)
        if outcome == "result" and wish.kind in INVERTED:
            assert heard.picture is not None
            if not is_inverse(wish.photo, heard.picture):
                wish.wrong = "it is not of this photo"
        self._book.close(wish, outcome, heard.text)
        return outcome == "result"

    def _look(self) -> None:
        """What stands there now is of before."""
        self._before = {one.number for one in self._chat.heard()}

    async def _hear(
        self, wish: Wish, repeat: Callable[[], Awaitable[None]] | None = None
    ) -> Heard | None:
        """What ends the wish; None when nothing ever comes. Who heard nothing for long says it
        once more: `repeat`, or all its messages.
        """
        cancelled = wish.kind != "cancel"
        while True:
            try:
                heard = await self._chat.until(
                    lambda cancelled=cancelled: self._news(wish, cancelled=cancelled),
                    self._plan.patience,
                )
            except TimeoutError:
                if len(wish.again) == 4:
                    return None
                wish.vanished += wish.accepted > 0 and not await self._is_known(wish)
                wish.again.append(time.time())
                await (repeat() if repeat else self._chat.again(wish.numbers))
                continue
            if not heard.passing:
                return heard
            cancelled = True
            await asyncio.sleep(self._dice.uniform(0, 3))
            cancel = next((one for one in heard.buttons if one.startswith("cancel:")), "")
            if cancel:
                await self._chat.press(heard, cancel)

    def _news(self, wish: Wish, *, cancelled: bool) -> Heard | None:
        """What ends the wish; of one that is to be cancelled its status, first."""
        for one in self._chat.heard():
            if one.number in self._before or one.answers not in (None, *wish.numbers):
                continue
            if one.passing:
                wish.accepted = wish.accepted or time.time()
            if not (one.passing and cancelled):
                return one
        return None
