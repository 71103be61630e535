"""Installed packages of one module, for effects that behave badly."""

from __future__ import annotations

from pathlib import Path

SPEC = """
from effects.spec import Effect, EffectSpec, Params, Text
WORD = Text("word", "слово")
def spec(name, runner, **more):
    return EffectSpec(name=name, title=WORD, description=WORD, params=Params, runner=runner,
                      cost=lambda params, pixels: 1.0, **more)
"""


def install(site: Path, package: str, code: str) -> None:
    """Put `package` into `site` as pip would: a module with SPEC, and its entry point."""
    site.joinpath(f"{package}.py").write_text(SPEC + code)
    info = site / f"{package}-1.0.dist-info"
    info.mkdir()
    info.joinpath("METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    info.joinpath("entry_points.txt").write_text(f"[atelier.effects]\n{package} = {package}:SPEC\n")
