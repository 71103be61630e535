"""How pictures and wishes come."""

from __future__ import annotations

from tests.bot.conversations.case import (
    NO_KINDS,
    NO_REPLIES,
    OFFER,
    READY,
    WAITS,
    Case,
)
from tests.bot.conversations.script import (
    Finishes,
    Hears,
    Presses,
    Says,
    Sends,
    Stands,
    Works,
)

__all__ = ["SENDING"]

SENDING = [
    Case(
        "a photo with a command, to its result",
        (Sends("teal", text="/swirl"), WAITS, Works("swirl"), Finishes(), READY, Stands(1)),
    ),
    Case(
        "a photo with a command, in Russian",
        (
            Sends("teal", text="/закрути"),
            Hears("Вы следующий", buttons=("Отменить",)),
            Works("swirl"),
            Finishes(),
            Hears("Вихрь: готово за 4 секунды", pictures=("red",)),
        ),
        lang="ru",
    ),
    Case(
        "a photo with plain words",
        (Sends("teal", text="Please swirl it!"), WAITS, Works("swirl")),
    ),
    Case(
        "a photo with plain words, in Russian",
        (
            Sends("teal", "orange", text="Смешай, сила 0,5"),
            Hears("Вы следующий"),
            Works("blend", ("teal", "orange")),
        ),
        lang="ru",
    ),
    Case(
        "a photo alone is offered what can be made of it",
        (Sends("teal"), OFFER, Presses("Swirl"), WAITS, Works("swirl"), Finishes(), READY),
    ),
    Case(
        "a photo alone, in Russian",
        (
            Sends("teal"),
            Hears("Что сделать с этой картинкой?", buttons=("Смесь", "Масло", "Вихрь")),
            Presses("Вихрь"),
            Hears("Вы следующий", buttons=("Отменить",)),
            Works("swirl"),
        ),
        lang="ru",
    ),
    Case(
        "an uncompressed picture as a document",
        (Sends("teal", text="/swirl", how="document"), WAITS, Works("swirl"), Finishes(), READY),
        without=NO_KINDS,
    ),
    Case(
        "a forwarded photo",
        (Sends("teal", how="forwarded"), OFFER, Presses("Swirl"), WAITS, Works("swirl")),
        without=NO_KINDS,
    ),
    Case(
        "of an album the second is the style",
        (
            Sends("teal", "orange", text="/blend size=128"),
            WAITS,
            Works("blend", ("teal", "orange"), {"size": 128}),
        ),
    ),
    Case(
        "an album alone is offered what takes two",
        (
            Sends("teal", "orange"),
            Hears("these pictures", buttons=("Blend",)),
            Presses("Blend"),
            WAITS,
            Works("blend", ("teal", "orange")),
        ),
    ),
    Case(
        "a command, then its photo",
        (
            Says("/swirl"),
            Hears("Swirl: please send a photo."),
            Sends("teal"),
            WAITS,
            Works("swirl"),
        ),
    ),
    Case(
        "a command, then two separate photos",
        (
            Says("/blend strength=1.5"),
            Hears("a photo and a picture in the style"),
            Sends("teal"),
            Hears("please send a picture in the style"),
            Sends("orange"),
            WAITS,
            Works("blend", ("teal", "orange"), {"strength": 1.5}),
        ),
    ),
    Case(
        "two separate photos, the second with the command",
        (
            Sends("teal"),
            OFFER,
            Sends("orange", text="/blend"),
            WAITS,
            Works("blend", ("teal", "orange")),
        ),
    ),
    Case(
        "a command in reply to one's own photo",
        (Sends("teal"), OFFER, Says("/swirl", to="own"), WAITS, Works("swirl")),
        without=NO_REPLIES,
    ),
    Case(
        "effects in a chain: a command in reply to a result",
        (
            Sends("teal", text="/swirl"),
            WAITS,
            Works("swirl"),
            Finishes("red"),
            READY,
            Says("/swirl", to="bot"),
            WAITS,
            Works("swirl", ("red",)),
            Finishes("blue"),
            Hears("Swirl: ready", pictures=("blue",)),
        ),
        without=NO_REPLIES,
    ),
]
