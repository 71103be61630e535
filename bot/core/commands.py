"""What a typed text asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from bot.core.filter_names import VERBS, loose
from bot.core.forms import read_values
from bot.core.texts import LANGUAGES, Texts
from effects.catalogue import Catalogue
from effects.spec import EffectSpec

__all__ = ["CommandMenu", "Wish", "command_menu", "read"]

Command = Literal[
    "help", "cancel", "queue", "quota", "settings", "styles", "tonight", "link", "forget"
]
Kind = Literal["effect", "filing", "nothing", "unclear", Command]
_COMMANDS: dict[str, Command] = {
    "help": "help",
    "start": "help",
    "помощь": "help",
    "старт": "help",
    "cancel": "cancel",
    "отмена": "cancel",
    "queue": "queue",
    "очередь": "queue",
    "quota": "quota",
    "me": "quota",
    "квота": "quota",
    "я": "quota",
    "settings": "settings",
    "настройки": "settings",
    "styles": "styles",
    "стили": "styles",
    "tonight": "tonight",
    "ночью": "tonight",
    "link": "link",
    "связать": "link",
    "forget": "forget",
    "забудь": "forget",
}


@dataclass(frozen=True)
class Wish:
    """What was asked for. `spec` is the effect that is meant, also by `/help gatys`; `tonight`:
    it may wait for the night; `code` is what follows `/link`; `words` is what to do with a saved
    filter: verb, names.
    """

    kind: Kind
    spec: EffectSpec | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    tonight: bool = False
    code: str = ""
    words: tuple[str, ...] = ()


CommandMenu = Mapping[str, Sequence[tuple[str, str]]]
"""Language -> commands with what they do, as messengers show them."""
_OURS = ("styles", "queue", "tonight", "quota", "settings", "link", "forget", "cancel", "help")


def command_menu(catalogue: Catalogue, texts: Texts) -> CommandMenu:
    """Every effect by its title, then what the conversation itself understands."""
    return {
        lang: [(spec.name, getattr(spec.title, lang)) for spec in catalogue]
        + [(name, texts.say(lang, f"command-{name}")) for name in _OURS]
        for lang in LANGUAGES
    }


def read(text: str, catalogue: Catalogue) -> Wish:
    """Understand a text: a command with a slash is taken strictly, plain words leniently.

    Raises `UnknownEffect` for an unknown command, `NoValue` for a stray word after one.
    """
    words = text.split()
    if not words:
        return Wish("nothing")
    if not words[0].startswith("/"):
        return _read_plain(words, catalogue)
    # Groups write "/gatys@name_of_the_bot".
    command = words[0][1:].partition("@")[0].lower()
    kind = _COMMANDS.get(command)
    tonight = kind == "tonight"
    if tonight and len(words) > 1:
        kind, words = None, words[1:]
        command = words[0].removeprefix("/").lower()
    if kind == "help" and len(words) > 1:
        return Wish("help", catalogue[words[1].removeprefix("/")])
    if kind == "link":
        return Wish(kind, code="".join(words[1:]))
    if kind:
        return Wish(kind, tonight=tonight)
    spec, rest = catalogue[command], words[1:]
    if spec.filters is not None and rest and (verb := VERBS.get(rest[0].lower())):
        return Wish("filing", spec, words=(verb, *rest[1:]))
    return Wish("effect", spec, read_values(spec, rest, strict=True), tonight)


def _read_plain(words: list[str], catalogue: Catalogue) -> Wish:
    plain = [word.strip(".,:;!?«»\"'()").lower() for word in words]
    if len(plain) == 1 and plain[0] in _COMMANDS:
        return read(f"/{plain[0]}", catalogue)
    for word in plain:
        if word in catalogue:
            spec = catalogue[word]
            values = _shipped(spec, plain) | read_values(spec, words, strict=False)
            return Wish("effect", spec, values)
    return Wish("unclear")


def _shipped(spec: EffectSpec, words: list[str]) -> dict[str, str]:
    """The shipped filter that plain words name: "стиль звёздная ночь, пожалуйста"."""
    if spec.filters is None:
        return {}
    said = f" {loose(' '.join(words))} "
    for sample in spec.filters.samples:
        names = map(loose, (sample.name, *sample.aliases, *sample.title))
        if any(f" {name} " in said for name in names):
            return {spec.filters.field: sample.name}
    return {}
