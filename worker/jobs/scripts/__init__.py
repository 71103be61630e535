"""The Lua scripts of the Redis queue, one per state change; `common.lua` is put before each."""

from __future__ import annotations

from importlib.resources import files

__all__ = ["load_scripts"]


def load_scripts() -> dict[str, str]:
    """Name -> text, ready to be registered."""
    folder = files(__name__)
    texts = {
        entry.name.removesuffix(".lua"): entry.read_text(encoding="utf-8")
        for entry in folder.iterdir()
        if entry.name.endswith(".lua")
    }
    common = texts.pop("common")
    return {name: common + body for name, body in texts.items()}
