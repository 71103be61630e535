"""Every sentence a person reads, in each language: Fluent files, "en.ftl", "en-admin.ftl"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources

from fluent.runtime import FluentBundle, FluentResource

__all__ = ["LANGUAGES", "Texts", "choose_language", "sources"]

LANGUAGES = ("en", "ru")


class Texts:
    """The sentences, by language and id."""

    def __init__(self) -> None:
        self._bundles = {lang: _load(lang) for lang in LANGUAGES}

    def say(self, lang: str, id: str, **args: str | float) -> str:
        """The sentence `id`; English when the language is unknown. Raises `LookupError`."""
        sentence = self._find(lang, id, args)
        if sentence is None:
            raise LookupError(f"no sentence {id!r} takes {sorted(args)}")
        return sentence

    def error(
        self, lang: str, code: str, message: str, details: Mapping[str, str | int | float]
    ) -> str:
        """The sentence for an error; its own English `message` where there is none.

        A detail that is an empty string is selected as `[none]`.
        """
        args = {key: "none" if value == "" else value for key, value in details.items()}
        known = self._find(lang, "error-" + code.replace("_", "-"), args)
        return known or message[:1].upper() + message[1:]

    def role(self, lang: str, role: str, *, ask: bool = False) -> str:
        """What a photo is for, as a title or, with `ask`, as the object of "please send"."""
        return self._find(lang, f"role-{role}{'-ask' * ask}", {}) or role

    def duration(self, lang: str, seconds: float) -> str:
        """A length of time as a person would say it: "40 seconds", "3 minutes"."""
        if seconds < 10:
            return self.say(lang, "seconds", n=max(1, round(seconds)))
        if seconds < 90:
            return self.say(lang, "seconds", n=5 * round(seconds / 5))
        if seconds < 90 * 60:
            return self.say(lang, "minutes", n=round(seconds / 60))
        return self.say(lang, "hours", n=round(seconds / 3600))

    def _find(self, lang: str, id: str, args: Mapping[str, str | int | float]) -> str | None:
        bundle = self._bundles.get(lang, self._bundles["en"])
        if not bundle.has_message(id):
            return None
        pattern = bundle.get_message(id).value
        if pattern is None:
            return None
        sentence, problems = bundle.format_pattern(pattern, dict(args))
        return None if problems else str(sentence)


def _load(lang: str) -> FluentBundle:
    # Isolation marks are for mixed directions of writing; they would stand in commands too.
    bundle = FluentBundle([lang], use_isolating=False)
    for source in sources(lang):
        bundle.add_resource(FluentResource(source))
    return bundle


def sources(lang: str) -> list[str]:
    """What the language's files hold."""
    files = [each for each in resources.files(__package__).iterdir() if each.name.endswith(".ftl")]
    return [each.read_text("utf-8") for each in files if each.name[:2] == lang]


def choose_language(wanted: str) -> str:
    """The best language for an `Accept-Language` value or a platform's code: "ru-RU,ru;q=0.9"."""
    weighed = []
    for entry in wanted.lower().split(","):
        tag, _, rest = entry.strip().partition(";")
        weight = re.search(r"q=(\d(?:\.\d+)?)", rest)
        weighed.append((-float(weight[1]) if weight else -1.0, tag.split("-")[0]))
    known = [lang for _, lang in sorted(weighed, key=lambda pair: pair[0]) if lang in LANGUAGES]
    return known[0] if known else LANGUAGES[0]
