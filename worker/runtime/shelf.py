"""The loaded effects of one device."""

from __future__ import annotations

import gc
import logging
import os
import sys
import time
from collections import OrderedDict
from typing import Any

from effects.catalogue import Catalogue
from effects.device import gpu_memory_mb
from effects.spec import Effect, EffectSpec, Weights

log = logging.getLogger(__name__)


class Shelf:
    """Loads effects when they are first asked for; the least recently used make room."""

    def __init__(
        self, catalogue: Catalogue, device: str, weights: Weights, memory_mb: int = 0
    ) -> None:
        self._catalogue = catalogue
        self._device = device
        self._weights = weights
        self._bound = memory_mb or _memory_of(device) // 2
        self._loaded: OrderedDict[str, Effect[Any]] = OrderedDict()
        self.took: dict[str, float] = {}
        """Seconds that loading an effect took the last time."""

    def get(self, spec: EffectSpec) -> Effect[Any]:
        """The effect, loaded; raises whatever its loading raises."""
        if spec.name not in self._loaded:
            while self._loaded and not self.fits(spec):
                self._drop(next(iter(self._loaded)))
            self._load(spec)
        self._loaded.move_to_end(spec.name)
        return self._loaded[spec.name]

    def look(self, spec: EffectSpec) -> None:
        """Load it beside the others; they make room thereafter, so that what can't be loaded
        costs them nothing. Raises whatever its loading raises.
        """
        self._load(spec)
        while len(self._loaded) > 1 and self._weight() > self._bound:
            self._drop(next(iter(self._loaded)))

    def fits(self, spec: EffectSpec) -> bool:
        """Whether it can be loaded with nothing else leaving."""
        return self._weight() + spec.memory_mb <= self._bound

    @property
    def loaded(self) -> tuple[str, ...]:
        """Names of the effects that are loaded."""
        return tuple(self._loaded)

    def most(self, spec: EffectSpec) -> int:
        """Jobs of it in one batch: its own bound, and so many as fit if each takes its memory."""
        return max(1, min(spec.max_batch, self._bound // max(1, spec.memory_mb)))

    def clear(self) -> None:
        """Unload everything."""
        for name in list(self._loaded):
            self._drop(name)
        gc.collect()
        if self._device.startswith("cuda") and "torch" in sys.modules:
            sys.modules["torch"].cuda.empty_cache()

    def _load(self, spec: EffectSpec) -> None:
        begun = time.monotonic()
        runner = self._catalogue.load_runner(spec)
        self._loaded[spec.name] = runner(self._device, self._weights)
        self.took[spec.name] = time.monotonic() - begun

    def _weight(self) -> int:
        return sum(self._catalogue[name].memory_mb for name in self._loaded)

    def _drop(self, name: str) -> None:
        effect = self._loaded.pop(name)
        try:
            effect.close()
        except Exception:
            log.exception("effect %s could not be closed", name)


def _memory_of(device: str) -> int:
    """Megabytes of the device's memory."""
    if device.startswith("cuda"):
        return gpu_memory_mb(device)
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
