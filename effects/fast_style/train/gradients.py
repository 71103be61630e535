"""The gradient of a batch, shared out among the cores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor, nn

from effects.gatys.objective import Losses

__all__ = ["Gradients", "Judge"]

Judge = Callable[[Tensor, Tensor, Sequence[int], torch.Generator], Losses]
Paint = Callable[[Tensor, Sequence[int]], Tensor]


class Gradients:
    """On a CPU the pictures are shared out among threads of one core each: nearly as many times
    faster as there are cores, where torch's own threads gain little on small layers.
    """

    def __init__(self, device: str, batch: int) -> None:
        self._parts = min(batch, torch.get_num_threads()) if device == "cpu" else 1
        self._threads = ThreadPoolExecutor(self._parts, "gradient", torch.set_num_threads, (1,))

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown()

    def leave(
        self,
        parameters: Sequence[nn.Parameter],
        paint: Paint,
        judge: Judge,
        photos: Tensor,
        styles: Sequence[int],
        generator: torch.Generator,
    ) -> Tensor:
        """Leave the gradients in the parameters; returns total, style and content loss."""
        seed = int(torch.randint(2**62, (), generator=generator))

        def differentiate(part: int) -> tuple[Tensor, Sequence[Tensor]]:
            share = photos[part :: self._parts]
            picked = styles[part :: self._parts]
            chance = torch.Generator().manual_seed(seed)
            found = torch.stack(judge(paint(share, picked), share, picked, chance))
            found = found * (len(picked) / len(styles))
            return found.detach().cpu(), torch.autograd.grad(found[0], parameters)

        shares = self._threads.map(differentiate, range(self._parts))
        losses, gradients = zip(*shares, strict=True)
        for parameter, *parts in zip(parameters, *gradients, strict=True):
            parameter.grad = torch.stack(parts).sum(0)
        return torch.stack(losses).sum(0)
