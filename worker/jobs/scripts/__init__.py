"""The Lua scripts of the Redis queue, one per state change.

Before each are put the functions of the shared files that it calls, and the keys that it then uses.
A run makes the change for each of some sets of arguments, one after another: the first argument
says how many are in a set. Its reply is the list of theirs, where one that failed has its error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

__all__ = ["Script", "load_scripts"]

_SHARED = ("common", "order", "ledger")
_COMMENT = re.compile(r"^--.*\n| +--.*", re.M)
_FUNCTION = re.compile(r"^local function (\w+)\(.*?^end\n", re.M | re.S)
_CALL = re.compile(r"\b(\w+)\(")
_KEY = re.compile(r"\b[A-Z_]+\b")
_CHANGE = """\
local function change(ARGV)
{body}end
local replies, size = {{}}, tonumber(ARGV[1])
for i = 2, #ARGV, size do
  local done, reply = pcall(change, {{unpack(ARGV, i, i + size - 1)}})
  if not done and type(reply) == 'string' then reply = {{err = reply}} end
  replies[#replies + 1] = reply or false
end
return replies
"""


@dataclass(frozen=True, slots=True)
class Script:
    """Its text, and the names of the keys that it must be called with."""

    text: str
    keys: tuple[str, ...]


@cache
def load_scripts(keys: tuple[str, ...]) -> dict[str, Script]:
    """All scripts by name. `keys`: the names of all keys; "jobs" is called JOBS in a script."""
    texts = {
        entry.name.removesuffix(".lua"): _COMMENT.sub("", entry.read_text(encoding="utf-8"))
        for entry in files(__name__).iterdir()
        if entry.name.endswith(".lua")
    }
    common = "".join(texts.pop(name) for name in _SHARED)
    return {name: _assemble(common, body, keys) for name, body in texts.items()}


def _assemble(common: str, body: str, keys: Iterable[str]) -> Script:
    called = set(_CALL.findall(body))
    text = _CHANGE.format(body=body)
    # a function calls only those above it
    for function in reversed(list(_FUNCTION.finditer(common))):
        if function[1] in called:
            called.update(_CALL.findall(function[0]))
            text = function[0] + text
    used = set(_KEY.findall(text))
    names = tuple(key for key in keys if key.upper() in used)
    declared = (f"local {key.upper()} = KEYS[{i}]\n" for i, key in enumerate(names, 1))
    return Script("".join(declared) + "local moment\n" + text, names)
