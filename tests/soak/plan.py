"""What a run does: who asks for what, how often, and what fails when."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

__all__ = ["BLOWS", "EFFECTS", "LEASE", "WISHES", "Blow", "Day", "Plan", "draw"]

EFFECTS = "invert,stroll,duet,odd,style,recognize"
LEASE = 10.0
"""Seconds; half of what a worker has by default, so that more can fail in a run."""

WISHES = {
    "photo": 22, "large photo": 6, "slow": 14, "style": 12, "recognize": 6, "album": 8,
    "buttons": 8, "cancel": 8, "words": 10, "bad picture": 6, "wrong": 5, "crash": 1,
}  # fmt: skip
"""What people ask for, and how often of a hundred or so."""

BLOWS = (
    "worker killed", "child killed", "workers restarted", "bot killed", "bot restarted",
    "Redis killed", "Redis frozen", "store fails", "store cut off", "disk full",
    "network slow", "Redis' clock jumps", "bot's clock jumps", "messengers fail",
)  # fmt: skip
_OF_THE_BOT = ("bot killed", "bot restarted")


@dataclass(frozen=True)
class Plan:
    """How much of everything."""

    seed: int
    minutes: float = 30.0
    telegram: int = 9
    """People on Telegram …"""
    vk: int = 7
    web: int = 6
    think: float = 12.0
    """Seconds between a person's answer and the next wish, in the mean."""
    workers: int = 3
    patience: float = 90.0
    """Seconds after which a person who heard nothing says it once more."""
    settle: float = 180.0
    """Seconds in which all must be answered after the last blow."""
    blows: tuple[str, ...] = BLOWS

    @property
    def seconds(self) -> float:
        """The length of the traffic."""
        return 60 * self.minutes


@dataclass(frozen=True)
class Blow:
    """Something that fails."""

    kind: str
    pause: float
    """Seconds after all have recovered from the one before."""
    seconds: float
    """How long it lasts, where it does."""
    where: float
    """Which of several; 0 to 1."""
    sign: int
    """Which way a clock jumps."""


def draw(plan: Plan) -> Iterator[Blow]:
    """One blow after the other without end: each kind once, in an order by the dice, then all of
    them again.
    """
    dice = random.Random(plan.seed)
    while True:
        for kind in dice.sample(plan.blows, len(plan.blows)):
            yield Blow(
                kind,
                pause=dice.uniform(3, 8),
                seconds=dice.uniform(6, 14),
                where=dice.random(),
                sign=dice.choice((-1, 1)),
            )


class Day:
    """How far the run is. In its second half the bot and one worker live on, so that it can be seen
    whether their memory grows.
    """

    def __init__(self, plan: Plan) -> None:
        self.begun = time.time()
        self.struck = False
        """Whether the last blow has fallen, and all has recovered."""
        self._plan = plan

    @property
    def left(self) -> float:
        """Seconds until the time is over."""
        return self.begun + self._plan.seconds - time.time()

    @property
    def is_over(self) -> bool:
        """Whether nobody asks for anything any more."""
        return self.struck and self.left < 0

    def allows(self, kind: str) -> bool:
        """Whether a blow may fall now."""
        return kind not in _OF_THE_BOT or self.left > self._plan.seconds / 2

    def wish(self, dice: random.Random, wishes: Mapping[str, int]) -> str:
        """What somebody asks for now."""
        kind = dice.choices(list(wishes), weights=list(wishes.values()))[0]
        return "words" if kind == "crash" and self.left < self._plan.seconds / 2 else kind
