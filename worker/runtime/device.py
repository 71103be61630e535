"""The parent's handle on a device: the child that holds its effects, one order at a time."""

from __future__ import annotations

import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from worker.config import WorkerOptions
from worker.runtime.messages import (
    Knock,
    Look,
    Looked,
    Order,
    Over,
    Part,
    Ready,
    Refused,
    Running,
    Start,
    Step,
    Stock,
    Stop,
    Verdict,
    Warming,
)
from worker.runtime.process import ChildGone, ChildHung, ChildProcess

log = logging.getLogger(__name__)

_KNOCK_LIMIT = 10.0
"""Seconds in which an idle child answers."""
_RAREST_LOOK = 6
"""What is deadly is looked at every 2nd, 4th, … time, at least every 2 ** 6th."""


News = Warming | Running | Step | Verdict
"""What is heard of an order."""


class DeviceRefused(Exception):
    """The child can't serve here at all; one sentence for the admin."""


class Device:
    """Starts the child, hands it one order at a time, kills it, starts it again."""

    def __init__(self, options: WorkerOptions) -> None:
        self.name = options.device
        self.effects: tuple[str, ...] = ()
        self.down: dict[str, str] = {}
        self.stock = Stock((), {})
        self.suspects: tuple[int, ...] = ()
        """Parts that the child works on: when it dies, one of them is to blame."""
        self._deadly: dict[str, str] = {}
        self._deaths: Counter[str] = Counter()
        self._looks = 0
        self._options = options
        self._child: ChildProcess | None = None

    @property
    def alive(self) -> bool:
        """Whether there is a child that takes orders."""
        return self._child is not None and self._child.alive

    @property
    def pid(self) -> int | None:
        """The living child's."""
        return self._child.pid if self._child is not None and self._child.alive else None

    async def start(self) -> None:
        """Start a child and wait until it is ready. An effect that it dies of while loading is
        down from then on. Raises `DeviceRefused`, and `ChildGone` or `ChildHung` when it fails
        for another reason.
        """
        ready = None
        while ready is None:
            ready = await self._try_start()
        self.name, self.effects, self.down = ready.device, ready.effects, ready.down
        self.stock = ready.stock

    async def _try_start(self) -> Ready | None:
        await self.kill()
        child = self._child = await ChildProcess.spawn()
        options = self._options
        start = Start(
            *(options.device, options.effects, self._deadly),
            *(options.memory_mb, options.batch),
        )
        message = await self._load(child, start)
        if isinstance(message, Refused):
            raise DeviceRefused(message.reason)
        return message if isinstance(message, Ready) else None

    async def _load(self, child: ChildProcess, order: Start | Look) -> Any:
        """What the child says in the end; None when it died of an effect, which is then deadly.
        Raises `ChildGone` and `ChildHung` when it was no effect's fault.
        """
        warming = ""
        try:
            await child.send(order)
            while isinstance(message := await child.receive(self._options.load_limit), Warming):
                warming = message.effect
        except (ChildGone, ChildHung) as error:
            if not warming:
                raise
            log.warning("the child %s while it loaded %s", error, warming)
            self._deaths[warming] += 1
            self._deadly[warming] = f"The child {error} while it loaded {warming}."
            self.down = {**self.down, **self._deadly}
            return None
        return message

    async def look_again(self) -> None:
        """Try to load what is down; the more often a child died of it, the more seldom. A child
        that dies of it now is not alive any more. Raises `ChildHung` and `ChildGone`.
        """
        self._looks += 1
        names = tuple(
            name
            for name in self.down
            if self._looks % 2 ** min(self._deaths[name], _RAREST_LOOK) == 0
        )
        message = await self._load(self._started(), Look(names))
        if isinstance(message, Looked):
            for name in set(names) - set(message.down):
                self.effects += (name,)
                self._deadly.pop(name, None)
            left = {name: why for name, why in self.down.items() if name not in names}
            self.down = {**left, **message.down}
            self.stock = message.stock

    async def knock(self) -> None:
        """Make sure that the child is there. Raises `ChildHung` and `ChildGone`."""
        child = self._started()
        await child.send(Knock())
        await child.receive(_KNOCK_LIMIT)

    async def run(self, effect: str, parts: Sequence[Part], hear: Callable[[News], None]) -> None:
        """Run an effect; what comes of the parts is told to `hear`, and that they are begun, or
        wait until the effect is loaded. Raises `ChildHung` and
        `ChildGone`: see `suspects`, and `start` again then.
        """
        child = self._started()
        self.suspects = tuple(part.number for part in parts)
        await child.send(Order(effect, tuple(parts)))
        limit = self._options.load_limit
        while not isinstance(message := await child.receive(limit), Over):
            if isinstance(message, Running):
                self.suspects, limit = message.numbers, message.limit
            elif isinstance(message, Warming):
                limit = self._options.load_limit
            hear(message)
        self.stock = message.stock

    async def stop(self, number: int) -> None:
        """Ask the child to let go of a part at its next step."""
        if self._child is not None:
            with contextlib.suppress(ChildGone):
                await self._child.send(Stop(number))

    def mark_down(self, effect: str, reason: str) -> None:
        """This device can't run the effect."""
        self.effects = tuple(name for name in self.effects if name != effect)
        self.down = {**self.down, effect: reason}

    def _started(self) -> ChildProcess:
        if self._child is None:
            raise ChildGone("was not started")
        return self._child

    async def kill(self) -> None:
        """End the child at once."""
        if self._child is not None:
            await self._child.kill()
