"""The effects that are installed, found through the entry-point group `atelier.effects`."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from effects.errors import BadSpec, BrokenEffect, UnknownEffect
from effects.spec import Effect, EffectSpec

__all__ = ["GROUP", "Catalogue"]

GROUP = "atelier.effects"


class Catalogue:
    """Specs by name and alias; iterates over the specs as they are to be listed."""

    def __init__(self, specs: Iterable[tuple[str, EffectSpec]]) -> None:
        """`specs` are pairs (package that brings it, spec). Raises `BadSpec` on a clash."""
        self._by_word: dict[str, EffectSpec] = {}
        packages: dict[str, str] = {}
        for package, spec in specs:
            for word in (spec.name, *spec.aliases):
                other = self._by_word.get(word)
                if other is not None and other is not spec:
                    raise BadSpec(
                        f"effect {spec.name!r} of package {package} and effect {other.name!r} of"
                        f" package {packages[word]} both answer to {word!r}; uninstall one of them"
                    )
                self._by_word[word] = spec
                packages[word] = package
        self._specs = sorted(
            (spec for word, spec in self._by_word.items() if word == spec.name),
            key=lambda spec: (spec.order, spec.name),
        )

    @classmethod
    def load(cls) -> Catalogue:
        """Collect the effects of all installed packages. Raises `BadSpec`."""
        return cls((_package(entry), _spec(entry)) for entry in entry_points(group=GROUP))

    @staticmethod
    def load_runner(spec: EffectSpec) -> type[Effect[Any]]:
        """Import the class that `spec.runner` names. Raises `BrokenEffect`."""
        module, _, name = spec.runner.partition(":")
        try:
            runner = getattr(import_module(module), name)
        except ModuleNotFoundError as error:
            ours = spec.runner.startswith("effects.")
            extra = "worker-small" if error.name == "onnxruntime" else "worker"
            hint = f"; pip install 'atelier[{extra}]' brings it" if ours else ""
            raise BrokenEffect(
                f"{spec.name} needs the package {error.name!r}, which is not installed{hint}",
                effect=spec.name,
            ) from error
        # A plugin's module may fail at import in any way.
        except Exception as error:
            raise BrokenEffect(
                f"{spec.name} can't be loaded: {type(error).__name__}: {error}", effect=spec.name
            ) from error
        if not (isinstance(runner, type) and issubclass(runner, Effect)):
            raise BrokenEffect(f"{spec.name}: {spec.runner} is not an Effect", effect=spec.name)
        return runner

    def __getitem__(self, word: str) -> EffectSpec:
        word = word.casefold()
        if word in self._by_word:
            return self._by_word[word]
        close = difflib.get_close_matches(word, self._by_word, n=1, cutoff=0.5)
        nearest = self._by_word[close[0]].name if close else ""
        names = ", ".join(spec.name for spec in self._specs)
        hint = f"did you mean {nearest!r}?" if nearest else f"there are {names}"
        raise UnknownEffect(f"there is no effect {word!r}; {hint}", effect=word, nearest=nearest)

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and word.casefold() in self._by_word

    def __iter__(self) -> Iterator[EffectSpec]:
        return iter(self._specs)

    def __len__(self) -> int:
        return len(self._specs)


def _package(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist is not None else entry.value


def _spec(entry: EntryPoint) -> EffectSpec:
    try:
        spec = entry.load()
    except BadSpec as error:
        raise BadSpec(f"package {_package(entry)}: {error}") from error
    # A plugin may fail at import in any way; whoever starts the program must hear which one.
    except Exception as error:
        raise BadSpec(
            f"package {_package(entry)}: its effect {entry.name!r} can't be loaded:"
            f" {type(error).__name__}: {error}"
        ) from error
    if not isinstance(spec, EffectSpec):
        raise BadSpec(f"package {_package(entry)}: {entry.value} is not an EffectSpec")
    return spec
