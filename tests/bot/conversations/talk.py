"""Questions, faults, and talk among several people."""

from __future__ import annotations

from tests.bot.conversations.case import (
    NO_GROUPS,
    NO_PLATFORM_GROUPS,
    NOT_YOURS,
    ONLY_PICTURES,
    READY,
    WAITS,
    Case,
)
from tests.bot.conversations.colours import photo
from tests.bot.conversations.script import (
    Allows,
    Answers,
    Fails,
    Finds,
    Finishes,
    Hears,
    Presses,
    Says,
    Sends,
    SendsFile,
    SendsOdd,
    Stands,
    Works,
)
from worker.jobs.rules import Tier

__all__ = ["ASKING", "FAULTS", "GROUPS"]

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
