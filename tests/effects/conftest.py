"""Fixtures of the effects' tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from effects.device import share_cores

if TYPE_CHECKING:
    from tests.effects.random_networks import RandomWeights

share_cores()


@pytest.fixture(scope="session")
def random_weights(tmp_path_factory: pytest.TempPathFactory) -> RandomWeights:
    """VGG-19 and GoogLeNet with random weights."""
    # Here, so that tests of effects without torch load none.
    from tests.effects.random_networks import RandomWeights

    return RandomWeights(tmp_path_factory.mktemp("weights"))
