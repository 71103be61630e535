"""The shelf holds what fits."""

from __future__ import annotations

import dataclasses

import pytest

from effects.catalogue import Catalogue
from effects.errors import WeightsMissing
from effects.spec import Effect, EffectSpec
from effects.weights import WeightsStore
from tests.worker.odd_effects import NOOP, GateParams
from worker.runtime.shelf import Shelf


class Missing(Effect[GateParams]):
    """Can't be loaded."""

    def __init__(self, device: str, weights: object) -> None:
        raise WeightsMissing("not there")


class Noted(Effect[GateParams]):
    """Tells when it is closed."""

    closed: list[Effect[GateParams]] = []  # noqa: RUF012 - shared on purpose

    def close(self) -> None:
        """Take a note."""
        self.closed.append(self)


def _sized(name: str, memory_mb: int) -> EffectSpec:
    runner = f"{__name__}:Noted"
    return dataclasses.replace(NOOP, name=name, memory_mb=memory_mb, runner=runner)


def test_the_least_recently_used_leaves() -> None:
    """A new effect makes room by closing the one not asked for the longest, and no other."""
    first, second, third = (_sized(name, 40) for name in ("first", "second", "third"))
    catalogue = Catalogue([("test", spec) for spec in (first, second, third)])
    shelf = Shelf(catalogue, "cpu", WeightsStore(), memory_mb=100)
    Noted.closed.clear()

    one, two = shelf.get(first), shelf.get(second)
    assert one is shelf.get(first)
    assert not shelf.fits(third)
    shelf.get(third)
    assert [two] == Noted.closed
    assert one is shelf.get(first)
    assert two is not shelf.get(second)


def test_a_look_at_what_can_not_be_loaded_costs_the_others_nothing() -> None:
    """Only an effect that was loaded takes its room from those not used for the longest."""
    first, second = _sized("first", 60), _sized("second", 60)
    missing = dataclasses.replace(first, name="missing", runner=f"{__name__}:Missing")
    catalogue = Catalogue([("test", spec) for spec in (first, second, missing)])
    shelf = Shelf(catalogue, "cpu", WeightsStore(), memory_mb=100)
    Noted.closed.clear()

    one = shelf.get(first)
    with pytest.raises(WeightsMissing):
        shelf.look(missing)
    assert one is shelf.get(first)
    assert [] == Noted.closed
    shelf.look(second)
    assert [one] == Noted.closed


def test_what_is_larger_than_the_shelf_stands_there_alone() -> None:
    """An effect is loaded even if it alone exceeds the bound; clearing closes everything."""
    small, large = _sized("small", 40), _sized("large", 400)
    catalogue = Catalogue([("test", spec) for spec in (small, large)])
    shelf = Shelf(catalogue, "cpu", WeightsStore(), memory_mb=100)
    Noted.closed.clear()

    one = shelf.get(small)
    two = shelf.get(large)
    assert [one] == Noted.closed
    shelf.clear()
    assert [one, two] == Noted.closed


def test_a_batch_is_as_large_as_memory_allows() -> None:
    """The effect's own bound, or as many times its memory as the shelf holds; at least one."""
    shelf = Shelf(Catalogue([]), "cpu", WeightsStore(), memory_mb=100)
    sizes = [dataclasses.replace(_sized("many", mb), max_batch=8) for mb in (0, 10, 30, 400)]
    assert [8, 8, 3, 1] == [shelf.most(spec) for spec in sizes]
