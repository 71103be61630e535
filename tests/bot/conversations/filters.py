"""Styles by name: shipped ones, and those that people save."""

from __future__ import annotations

from typing import Any

from tests.bot.conversations.case import BLENDED, FILTERS, RESULT, WAITS, Case
from tests.bot.conversations.script import (
    Attached,
    Fails,
    Finds,
    Finishes,
    Hears,
    Presses,
    Says,
    Sends,
    Step,
    Works,
)

__all__ = ["FILING", "NAMED"]

_ALL_AT_ONCE = dict.fromkeys(("fake", "web", "telegram"), "all buttons are under one message")


def _case(name: str, *steps: Step, **more: Any) -> Case:
    return Case(name, steps, effects=FILTERS, **more)


_LEARNED = (
    Sends("orange", text="/learn_style Sea"),
    Hears("Saved as “sea”. It works at once: /style sea", "Next in line", buttons=("Cancel",)),
    Works("learn_style", ("orange",), {"name": "sea"}),
    Finishes("blue", data=b"sea's vectors"),
    Hears("Filter “sea” is ready: /style sea", pictures=("blue",), buttons=("Paint with it",)),
)

NAMED = [
    _case(
        "a style by one word",
        Sends("teal", text="/style wave"),
        WAITS,
        Works("style", params={"style": "wave"}),
        Attached({}),
        Finishes(),
        Hears("Fast style: ready", pictures=("red",), buttons=("Weaker", "Delete")),
    ),
    _case(
        "a style without a name, and a blend with a strength",
        Sends("teal", text="/style"),
        Works("style", params={"style": ""}),
        Sends("teal", text="/style starry=0.7+wave=0.3 strength=0.5"),
        Works("style", params={"style": "starry=0.7+wave=0.3", "strength": 0.5}),
    ),
    _case(
        "a style in two words, in Russian, and in plain words",
        Sends("teal", text="/стиль звёздная ночь size=384"),
        Hears("Вы следующий"),
        Works("style", params={"style": "звёздная ночь", "size": 384}),
        Sends("teal", text="Стиль волна, пожалуйста"),
        Works("style", params={"style": "wave"}),
        lang="ru",
    ),
    _case(
        "a style that there is not",
        Says("/style strry"),
        Hears("There is no style “strry”. Did you mean “starry”?"),
        Sends("teal", text="/style starry+quartz"),
        Hears("There is no style “quartz”. /styles shows what there is."),
        Says("/style starry"),
        WAITS,
        Works("style", params={"style": "starry"}),
        Finds(),
    ),
    _case(
        "a style with a second picture is painted by that",
        Sends("teal", "orange", text="/style strength=0.5"),
        WAITS,
        Works("blend", ("teal", "orange"), {"strength": 0.5}),
    ),
    _case(
        "the list of styles: one for the photo sent last, then for the same again",
        Sends("teal"),
        Hears("What shall I make of this picture?"),
        Says("/styles"),
        Presses("wave"),
        WAITS,
        Works("style", params={"style": "wave"}),
        Finishes(),
        Hears("Fast style: ready"),
        Presses("mosaic"),
        Works("style", ("teal",), {"style": "mosaic"}),
    ),
    _case(
        "the list of styles: one for the next photo, in Russian",
        Says("/стили"),
        Hears("/style и название"),
        Presses("starry"),
        Hears("пришлите, пожалуйста, фото"),
        Sends("teal"),
        Hears("Вы следующий"),
        Works("style", params={"style": "starry"}),
        lang="ru",
    ),
    _case(
        "the list of styles in pages",
        Says("/styles"),
        Hears("Styles 1–9 of 18"),
        Presses("More"),
        Hears("Styles 10–18 of 18"),
        Presses("More"),
        Hears("Styles 1–9 of 18"),
        without=_ALL_AT_ONCE,
    ),
]

FILING = [
    _case(
        "a style saved from a result is learned, and paints the photo of then",
        *BLENDED,
        Presses("Save this style"),
        Hears("Saved as “style-1”", "Next in line"),
        Works("learn_style", ("orange",), {"name": "style-1"}),
        Finishes("blue", data=b"vectors"),
        Hears("Filter “style-1” is ready: /style style-1", pictures=("blue",)),
        Presses("Paint with it"),
        Works("style", ("teal",), {"style": "style-1"}),
        Attached({"style-1": b"vectors"}),
    ),
    _case(
        "a saved style in a blend with a shipped one, listed, renamed, deleted",
        *_LEARNED,
        Sends("teal", text="/style SEA=0.5+wave=0.5"),
        Works("style", ("teal",), {"style": "SEA=0.5+wave=0.5"}),
        Attached({"sea": b"sea's vectors"}),
        Says("/style rename sea Ocean"),
        Hears("“sea” is now called “ocean”."),
        Says("/styles"),
        Hears("Yours: ocean.", "/style share NAME"),
        Says("/style share ocean"),
        Hears("The code of “ocean” is ", "/style add "),
        Says("/style delete ocaen"),
        Hears("You have no filter “ocaen”. Did you mean “ocean”?"),
        Says("/style delete ocean"),
        Hears("“ocean” is deleted."),
        Says("/style ocean"),
        Hears("There is no style “ocean”"),
    ),
    _case(
        "a style that is not learned yet is painted by its picture; learned at the second try",
        Sends("orange", text="/learn_style sea"),
        Hears("Saved as “sea”"),
        Works("learn_style", ("orange",)),
        Sends("teal", text="/style sea"),
        Hears("“sea” is not learned yet, so I paint by its picture", "Next in line"),
        Fails("out_of_memory"),
        Hears("not enough memory", "“sea” is kept, but not learned", buttons=("Try again",)),
        Works("blend", ("teal", "orange")),
        Finishes(),
        Hears("Blend: ready", pictures=("red",), buttons=RESULT),
        Presses("Try again"),
        WAITS,
        Works("learn_style", ("orange",), {"name": "sea"}),
        Finishes("blue", data=b"v"),
        Hears("Filter “sea” is ready", pictures=("blue",)),
    ),
    _case(
        "saved in Russian",
        Sends("orange", text="/выучи Моя-волна"),
        Hears("Сохранено под именем «моя-волна»", "Вы следующий"),
        Works("learn_style", ("orange",)),
        Finishes("blue", data=b"v"),
        Hears(
            "Фильтр «моя-волна» готов: /style моя-волна",
            buttons=("Нарисовать в этом стиле",),
        ),
        Sends("teal", text="/стиль моя-волна"),
        Works("style", ("teal",)),
        Attached({"моя-волна": b"v"}),
        Says("/стиль удали моя-волна"),
        Hears("Фильтр «моя-волна» удалён."),
        lang="ru",
    ),
    _case(
        "a picture that can't be learned, and names that can't be",
        Sends("white", text="/learn_style sea"),
        Hears("nearly of one colour"),
        Sends("orange"),
        Hears("Saved as “sea”"),
        Works("learn_style", ("orange",)),
        Says("/learn_style wave"),
        Hears("“wave” means something here already"),
        Says("/learn_style b+c"),
        Hears("“b+c” can’t be a name: it takes 1 to 24 letters"),
        Finds(),
    ),
]
