"""The conversations, each written once for all fronts.

A front that a case leaves out is named with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.bot.conversations.colours import photo
from tests.bot.conversations.script import (
    Allows,
    Answers,
    Fails,
    Finds,
    Finishes,
    Hears,
    Presses,
    Progresses,
    Says,
    Sends,
    SendsFile,
    SendsOdd,
    Stands,
    Step,
    Stops,
    Toasts,
    Works,
)
from worker.jobs.rules import Tier

__all__ = ["CASES", "FRONTS", "Case"]

FRONTS = ("fake", "web", "telegram", "vk")


@dataclass(frozen=True)
class Case:
    """A conversation from its beginning."""

    name: str
    steps: tuple[Step, ...]
    lang: str = "en"
    group: bool = False
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
NOT_YOURS = Toasts("There is no such job any more.", "Такого задания больше нет.")
BLENDED = (
    Sends("teal", "orange", text="/blend size=128"),
    WAITS,
    Works("blend", ("teal", "orange"), {"size": 128, "strength": 1.0}),
    Finishes(),
    Hears("Blend: ready", pictures=("red",), buttons=("Again", "Weaker", "Stronger", "Delete")),
)

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

ASKING = [
    Case(
        "help, and help for one effect",
        (
            Says("/help"),
            Hears("/blend — Blend: mixes two pictures", "/swirl — Swirl", "/queue", "/tonight"),
            Says("/help blend"),
            Hears("Size: from 64 to 1024, usually 512"),
        ),
    ),
    Case(
        "help, in Russian",
        (Says("/start"), Hears("Пришлите фото", "/blend — Смесь: смешивает две картинки")),
        lang="ru",
    ),
    Case(
        "quota, in both its names",
        (
            Says("/quota"),
            Hears("Tier “free”: 3,600 of 3,600 credits are left today"),
            Says("/me"),
            Hears("Your account: "),
        ),
    ),
    Case(
        "a code that links another account",
        (Says("/link"), Hears("/link ")),
    ),
    Case(
        "a code that nobody was given",
        (Says("/link 12345678"), Hears("This code is not known, or it has expired")),
    ),
    Case(
        "settings: another language and a usual size",
        (
            Says("/settings"),
            Hears("Language: English. Usual size: as each effect likes it"),
            Presses("Русский"),
            Hears("Язык: русский"),
            Presses("384"),
            Hears("Обычный размер: 384 px"),
            Sends("teal", text="/oil"),
            Hears("Вы следующий"),
            Works("oil", params={"size": 384}),
            Finishes(),
            Hears("Масло: готово"),
        ),
    ),
    Case(
        "settings: results as files",
        (
            Says("/settings"),
            Presses("Send files"),
            Hears("as files, untouched"),
            Sends("teal", text="/swirl"),
            Works("swirl"),
            Finishes(),
            Hears("Swirl: ready", pictures=(), files=("red",)),
        ),
        without={
            "web": "the page always has the files",
            "fake": "how a file is sent is for a messenger's front",
        },
    ),
]

FAULTS = [
    Case(
        "a sticker",
        (SendsOdd("sticker"), Hears("Nice sticker! I work with photos"), Finds()),
        without=ONLY_PICTURES,
    ),
    Case(
        "a voice, in Russian",
        (SendsOdd("voice"), Hears("Слушать я не умею, только смотреть")),
        lang="ru",
        without=ONLY_PICTURES,
    ),
    Case(
        "a video",
        (SendsOdd("video"), Hears("I can't work with videos yet")),
        without=ONLY_PICTURES,
    ),
    Case(
        "a text file",
        (SendsFile(b"hello", "hello.txt", "/swirl"), Hears("This file is no picture that I know")),
        without=ONLY_PICTURES | {"fake": "a messenger's front looks at the names of files"},
    ),
    Case(
        "a broken picture, then a whole one",
        (
            SendsFile(photo("teal", (640, 480))[:700], "a.jpg", "/swirl"),
            Hears("The picture is damaged or incomplete"),
            Sends("teal", text="/swirl"),
            WAITS,
            Works("swirl"),
        ),
    ),
    Case(
        "a wrong parameter is told its range, and the photos are kept",
        (
            Sends("teal", "orange", text="/blend size=9999"),
            Hears("“size” can’t be “9999”: from 64 to 1024, usually 512"),
            Says("/blend size=64"),
            WAITS,
            Works("blend", ("teal", "orange"), {"size": 64}),
        ),
    ),
    Case(
        "a wrong parameter, in Russian",
        (Says("/смешай strength=7"), Hears("от 0 до 2")),
        lang="ru",
    ),
    Case(
        "an unknown command is told the nearest",
        (Says("/swrl"), Hears("There is no effect “swrl”. Did you mean “swirl”?"), Finds()),
    ),
    Case(
        "nonsense",
        (Says("hello there"), Hears("I did not understand that. Send a photo and a command")),
    ),
    Case(
        "no credits left",
        (
            Allows(Tier(daily=1)),
            Sends("teal", "orange", text="/blend"),
            Hears("This needs", "credits, and 1"),
            Finds(),
        ),
    ),
    Case(
        "an effect that fails says so",
        (
            Sends("teal", text="/swirl"),
            WAITS,
            Works("swirl"),
            Fails("out_of_memory"),
            Hears("There was not enough memory for this picture", buttons=()),
            Stands(1),
        ),
    ),
]

GROUPS = [
    Case(
        "in a group a command is answered where it was asked",
        (
            Sends("teal", text="/swirl"),
            WAITS,
            Works("swirl"),
            Finishes(),
            READY,
            Answers("Swirl: ready"),
        ),
        group=True,
        without=NO_GROUPS,
    ),
    Case(
        "in a group a mention is answered, other photos and words are not",
        (
            Sends("orange"),
            Says("what a fine day"),
            Says("help", mention=True),
            Hears("/swirl — Swirl"),
            Stands(1),
        ),
        group=True,
        without=NO_PLATFORM_GROUPS,
    ),
    Case(
        "in a group a mention in reply to a photo",
        (
            Sends("teal"),
            Says("swirl", to="own", mention=True),
            WAITS,
            Works("swirl"),
            Finishes(),
            READY,
        ),
        group=True,
        without=NO_PLATFORM_GROUPS,
    ),
    Case(
        "in a group nobody else may press one's buttons",
        (
            Sends("teal", text="/swirl"),
            WAITS,
            Presses("Cancel", other=True),
            NOT_YOURS,
            WAITS,
            Works("swirl"),
            Finishes(),
            READY,
        ),
        group=True,
        without=NO_GROUPS,
    ),
]

CASES = [*SENDING, *WAITING, *RESULTS, *ASKING, *FAULTS, *GROUPS]
