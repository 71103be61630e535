"""What becomes of a job, and what can be made of its result."""

from __future__ import annotations

from tests.bot.conversations.case import (
    BLENDED,
    NO_GROUPS,
    NOT_YOURS,
    OFFER,
    READY,
    WAITS,
    Case,
)
from tests.bot.conversations.script import (
    Finds,
    Finishes,
    Hears,
    Presses,
    Progresses,
    Says,
    Sends,
    Stands,
    Stops,
    Toasts,
    Works,
)

__all__ = ["RESULTS", "WAITING"]

WAITING = [
    Case(
        "one status message from place to percent, preview and result",
        (
            Sends("teal", text="/swirl"),
            WAITS,
            Works("swirl"),
            Progresses(40, preview="blue"),
            Hears("40 %", pictures=("blue",), buttons=("Cancel",)),
            Finishes(),
            READY,
            Stands(1),
        ),
    ),
    Case(
        "cancelled while it is asked for a style",
        (
            Sends("teal", text="/blend"),
            Hears("please send a picture in the style"),
            Says("/cancel"),
            Hears("let us begin anew"),
            Sends("orange"),
            OFFER,
            Finds(),
        ),
    ),
    Case(
        "cancelled while it waits, by the button",
        (
            Sends("teal", text="/swirl"),
            WAITS,
            Presses("Cancel"),
            Hears("Cancelled.", buttons=()),
            Stands(1),
            Finds(),
        ),
    ),
    Case(
        "cancelled while it waits, by a word, in Russian",
        (
            Sends("teal", text="закрути"),
            Hears("Вы следующий"),
            Says("отмена"),
            Hears("Отменено.", buttons=()),
            Stands(1),
            Finds(),
        ),
        lang="ru",
    ),
    Case(
        "cancelled while it runs",
        (
            Sends("teal", text="/swirl"),
            WAITS,
            Works("swirl"),
            Progresses(40),
            Hears("40 %"),
            Presses("Cancel"),
            Hears("Stopping …", buttons=()),
            Stops(),
            Hears("Cancelled."),
            Stands(1),
        ),
    ),
    Case(
        "the queue, with a button for each job",
        (
            Says("/queue"),
            Hears("None of your jobs"),
            Sends("teal", text="/swirl"),
            WAITS,
            Says("/queue"),
            Hears("One job of yours:", "Swirl — Next in line", buttons=("Cancel Swirl",)),
            Presses("Cancel Swirl"),
            Hears("Cancelled."),
            Finds(),
        ),
    ),
    Case(
        "tonight, for what comes next",
        (
            Says("/tonight"),
            Hears("what you send next waits for the night"),
            Sends("teal"),
            Hears("What shall I make of this picture?", buttons=("Oil",)),
            Presses("Oil"),
            Hears("by about 07:00 UTC", buttons=("Cancel",)),
            Works("oil", params={"size": 1024}),
        ),
    ),
    Case(
        "tonight, with the command, in Russian",
        (
            Sends("teal", text="/ночью oil steps=50"),
            Hears("примерно к 07:00 UTC", buttons=("Отменить",)),
            Works("oil", params={"steps": 50}),
        ),
        lang="ru",
    ),
]

RESULTS = [
    Case(
        "again, with a new seed and the same pictures",
        (
            *BLENDED,
            Presses("Again"),
            WAITS,
            Works("blend", ("teal", "orange"), {"size": 128, "strength": 1.0}),
            Finishes("blue"),
            Hears("Blend: ready", pictures=("blue",)),
        ),
    ),
    Case(
        "stronger",
        (
            *BLENDED,
            Presses("Stronger"),
            Works("blend", ("teal", "orange"), {"size": 128, "strength": 1.4}),
        ),
    ),
    Case(
        "weaker, in Russian",
        (
            Sends("teal", "orange", text="/смешай"),
            Works("blend", ("teal", "orange"), {"strength": 1.0}),
            Finishes(),
            Hears("Смесь: готово", pictures=("red",)),
            Presses("Слабее"),
            Works("blend", ("teal", "orange"), {"strength": 0.7}),
        ),
        lang="ru",
    ),
    Case(
        "large, by morning",
        (
            Sends("teal", text="/oil"),
            WAITS,
            Works("oil", params={"size": 512}),
            Finishes(),
            Hears("Oil: ready", pictures=("red",), buttons=("Large, by morning", "Delete")),
            Presses("Large, by morning"),
            Hears("by about 07:00 UTC", buttons=("Cancel",)),
            Works("oil", params={"size": 1024}),
        ),
    ),
    Case(
        "a result is deleted",
        (*BLENDED, Presses("Delete"), Toasts("Deleted."), Stands(0)),
    ),
    Case(
        "in a group nobody else may delete one's result",
        (
            *BLENDED,
            Presses("Delete", other=True),
            NOT_YOURS,
            Presses("Delete"),
            Toasts("Deleted."),
        ),
        group=True,
        without=NO_GROUPS,
    ),
]
