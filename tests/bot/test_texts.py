"""Every sentence exists in both languages, is used, and takes what it is given."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fluent.syntax import FluentParser, ast
from fluent.syntax.visitor import Visitor

import bot
from bot.core.collection import BadFilterCode, FilterGone, NoSuchFilter
from bot.core.filing import FilterUsage
from bot.core.filter_names import BadFilterName, FilterNameShipped
from bot.core.forms import NoValue
from bot.core.limits import OverLimit
from bot.core.menu import EffectDown
from bot.core.painting import FilterNotLearned
from bot.core.saved import FilterNameTaken, TooManyFilters
from bot.core.terms import NotByNight
from bot.core.texts import LANGUAGES, Texts, choose_language, sources
from effects import errors as effect_errors
from worker.jobs import errors as queue_errors

BOT = Path(bot.__file__).parent
# What the worker's runtime reports; it names no class that the bot may import.
RUNTIME_CODES = {"hung", "crashed", "lease_expired"}
# What a person never meets: the base classes, the worker's own affairs, refusals to start.
SILENT_CODES = {
    *("effect_error", "user_error", "queue_error", "lease_lost", "bad_spec", "bad_settings"),
    *("not_yours", "bad_blob"),
}


class Arguments(Visitor):  # type: ignore[misc] - published without types
    """Collects the names of arguments."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def visit_VariableReference(self, node: ast.VariableReference) -> None:  # noqa: N802 - its name
        self.names.add(node.id.name)


def messages(lang: str) -> dict[str, set[str]]:
    """Id -> names of its arguments."""
    found: dict[str, set[str]] = {}
    entries = [entry for source in sources(lang) for entry in FluentParser().parse(source).body]
    for entry in entries:
        assert not isinstance(entry, ast.Junk), f"{lang}: {entry.content}"
        if isinstance(entry, ast.Message):
            assert entry.id.name not in found, f"{entry.id.name} twice in {lang}"
            arguments = Arguments()
            arguments.visit(entry)
            found[entry.id.name] = arguments.names
    return found


def error_codes() -> set[str]:
    """The codes that a person can meet."""
    classes = [*vars(effect_errors).values(), *vars(queue_errors).values(), NoValue, EffectDown]
    classes += [OverLimit, NotByNight, BadFilterCode, NoSuchFilter, FilterUsage, BadFilterName]
    classes += [FilterGone, FilterNameShipped, FilterNotLearned, FilterNameTaken, TooManyFilters]
    codes = {each.code for each in classes if isinstance(each, type) and hasattr(each, "code")}
    return (codes | RUNTIME_CODES) - SILENT_CODES


def test_languages_say_the_same() -> None:
    """A sentence that is missing in a language, or lacks an argument there, fails here."""
    first, *others = (messages(lang) for lang in LANGUAGES)
    for other in others:
        assert first == other


def test_every_sentence_is_used() -> None:
    """A sentence that nothing names is dead; ids made of parts are named by their first part."""
    files = [path for end in ("py", "html", "js") for path in BOT.rglob(f"*.{end}")]
    source = "\n".join(path.read_text("utf-8") for path in files)
    made = re.compile(r"(error|role|remake|settings|command)-")
    unused = [
        id
        for id in messages("en")
        if not made.match(id) and not re.search(rf"""["']{re.escape(id)}["']""", source)
    ]
    assert [] == unused


def test_every_error_has_its_sentence() -> None:
    """Every code that can reach a person has a sentence, and no sentence is for none."""
    known = {id.removeprefix("error-") for id in messages("en") if id.startswith("error-")}
    ours = {"incident", "bad-value", "bad-style"}
    assert {code.replace("_", "-") for code in error_codes()} | ours == known


@pytest.mark.parametrize(
    ("lang", "count", "expected"),
    [
        ("en", 1, "1 minute"),
        ("en", 2, "2 minutes"),
        ("ru", 1, "1 минуту"),
        ("ru", 2, "2 минуты"),
        ("ru", 5, "5 минут"),
        ("ru", 21, "21 минуту"),
        ("ru", 112, "112 минут"),
    ],
)
def test_plurals(lang: str, count: int, expected: str) -> None:
    """Numbers take the form that their language gives them."""
    assert expected == Texts().say(lang, "minutes", n=count)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.2, "1 second"), (42, "40 seconds"), (100, "2 minutes"), (7200, "2 hours")],
)
def test_durations(seconds: float, expected: str) -> None:
    """A length of time is as exact as a person wants it."""
    assert expected == Texts().duration("en", seconds)


def test_unknown_error_keeps_its_sentence() -> None:
    """An error without a translation, or with other details, is said in its own words."""
    texts = Texts()
    assert "The lamp is out." == texts.error("ru", "no_lamp", "the lamp is out.", {})
    assert "Wrong." == texts.error("ru", "bad_params", "wrong.", {})


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("de,en;q=0.5,ru;q=0.7", "ru"),
        ("fr", "en"),
        ("", "en"),
        ("en;q=x,,;", "en"),
    ],
)
def test_choose_language(wanted: str, expected: str) -> None:
    """The browser's first language that we speak; English when there is none."""
    assert expected == choose_language(wanted)
