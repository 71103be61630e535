"""The networks' weights: which there are, where they lie, and how they get there."""

from effects.weights.manifest import MANIFEST, Entry
from effects.weights.store import WeightsStore

__all__ = ["MANIFEST", "Entry", "WeightsStore"]
