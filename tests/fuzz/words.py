"""What people say to the bot, and what its buttons say: as they should, and not quite."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

__all__ = ["press_of", "words_of"]

_COMMANDS = (
    "", "hello", "/start", "/help", "/help style", "/styles", "/queue", "/quota", "/settings",
    "/cancel", "/tonight", "/link", "/link ABCD-EFGH", "/tonight style udnie", "/style", "/gatys",
    "/dream", "/colorize", "/recognize", "/visualize", "/learn_style", "/negative", "/nothing",
    "раскрась", "стиль звёздная ночь, пожалуйста", "/помощь", "стиль", "/style@atelier_bot udnie",
    "/style add sea", "/style rename sea lake", "/style delete sea", "/style share sea", "/admin",
    "/admin help", "/admin stats", "/admin find 7", "/forget", "/forget yes",
)  # fmt: skip
_NAMES = (
    "style", "size", "strength", "class", "layer", "method", "channel", "vividness", "restore",
    "steps", "seed", "name", "hints", "objective", "octaves", "top", "quality", "x", "__class__",
)  # fmt: skip
_VALUES = (
    "udnie", "udnie+kiss", "udnie+kiss:0.5", "udnie:nan+kiss:inf", "1", "0", "-1", "0.5", "nan",
    "inf", "1e999", "99999999999999999999", "no", "light", "cat", "tabby", "saliency", "occlusion",
    "0.5,0.5:#ff0000", "10,10,red", "…", "\x00", "=", "+", "ё" * 30, "a" * 300, "{x}", "-0", "٣",
)  # fmt: skip
_PRESSES = (
    "cancel", "set", "filter", "relearn", "sample", "save", "use", "styles", "again", "stronger",
    "weaker", "hd", "delete", "now", "tonight", "help", "", "style", "link",
)  # fmt: skip
_TARGETS = (
    "", "lang:ru", "ru", "en", "style:udnie", "udnie", "0", "1", "99999999999999999999", "²", "٣",
    ":", "a:b:c", "\x00", "../../x", "a/b", "é", "\ud800", "%s", "f" * 32, "x" * 200,
)  # fmt: skip


def words_of(chance: Random) -> str:
    """A message."""
    said = [chance.choice(_COMMANDS)]
    for _ in range(chance.choice((0, 0, 1, 1, 2, 5))):
        value = chance.choice(_VALUES)
        said.append(value if chance.random() < 0.3 else f"{chance.choice(_NAMES)}={value}")
    return " ".join(said)


def press_of(chance: Random, jobs: Sequence[str]) -> str:
    """The data of a button, perhaps of one of these jobs."""
    target = chance.choice(jobs if jobs and chance.random() < 0.6 else _TARGETS)
    return f"{chance.choice(_PRESSES)}:{target}"
