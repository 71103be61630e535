"""Published weights, read and put into a network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from effects.errors import WeightsDamaged

__all__ = ["freeze", "load_state", "read_state", "unusable"]


def read_state(path: str) -> dict[str, Tensor]:
    """The tensors of a file that torch wrote. Raises `WeightsDamaged`."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except MemoryError:
        raise
    # What is no pickle fails in any way there is.
    except Exception as error:
        raise unusable(path) from error
    if not isinstance(state, dict) or not all(isinstance(x, Tensor) for x in state.values()):
        raise unusable(path)
    return state


def load_state(net: nn.Module, state: dict[str, Tensor], path: str) -> None:
    """Give `net` the tensors read from `path`, all of them. Raises `WeightsDamaged`."""
    try:
        net.load_state_dict(state, assign=True)
    except RuntimeError as error:
        raise unusable(path) from error


def freeze(net: nn.Module) -> None:
    """No training, no gradients for weights."""
    net.eval().requires_grad_(False)


def unusable(path: str) -> WeightsDamaged:
    """The error for a file of the wrong content."""
    return WeightsDamaged(
        f"the weights file {path} is damaged or not the one that is needed; "
        "delete it and fetch it again",
        path=path,
    )
