"""What a case is; the reasons to leave a front out, and what several cases have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.bot.conversations.script import (
    EFFECTS,
    Finishes,
    Hears,
    Sends,
    Step,
    Toasts,
    Works,
)

__all__ = [
    "BLENDED",
    "FILTERS",
    "FRONTS",
    "NOT_YOURS",
    "NO_GROUPS",
    "NO_KINDS",
    "NO_PLATFORM_GROUPS",
    "NO_REPLIES",
    "OFFER",
    "ONLY_PICTURES",
    "READY",
    "RESULT",
    "WAITS",
    "Case",
]

FRONTS = ("fake", "web", "telegram", "vk")


@dataclass(frozen=True)
class Case:
    """A conversation from its beginning."""

    name: str
    steps: tuple[Step, ...]
    lang: str = "en"
    group: bool = False
    effects: tuple[str, ...] = EFFECTS
    without: Mapping[str, str] = field(default_factory=dict)
    """Fronts that it is not played on, and why."""


NO_REPLIES = {"web": "on the web no message is a reply to another"}
NO_GROUPS = {"web": "the web has no groups"}
NO_PLATFORM_GROUPS = NO_GROUPS | {"fake": "what is for the bot is decided by a messenger's front"}
ONLY_PICTURES = {"web": "the page takes pictures alone"}
NO_KINDS = {
    "web": "the page sends every picture as a file",
    "fake": "to the conversation a picture is a picture",
}

OFFER = Hears("What shall I make of this picture?", buttons=("Blend", "Oil", "Swirl"))
WAITS = Hears("Next in line", buttons=("Cancel",))
READY = Hears("Swirl: ready in 4 seconds", pictures=("red",), buttons=("Delete",))

# On VK who never spoke to the bot is taken for Russian
NOT_YOURS = Toasts(
    "There is no such job any more; works are kept for a limited time.",
    "Такого задания больше нет: работы хранятся недолго.",
)
FILTERS = (*EFFECTS, "learn_style", "style")
RESULT = ("Again", "Weaker", "Stronger", "Delete", "Save this style")
BLENDED = (
    Sends("teal", "orange", text="/blend size=128"),
    WAITS,
    Works("blend", ("teal", "orange"), {"size": 128, "strength": 1.0}),
    Finishes(),
    Hears("Blend: ready", pictures=("red",), buttons=RESULT),
)
