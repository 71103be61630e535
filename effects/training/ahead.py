"""Batches by number, made ahead of their time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

__all__ = ["ahead"]

THREADS, AHEAD = 2, 4

B = TypeVar("B")


def ahead(make: Callable[[int], B], first: int) -> Generator[B, None, None]:
    """`make` of each number from `first` on, endless, in order, made in threads."""
    with ThreadPoolExecutor(THREADS) as threads:
        waiting: deque[Future[B]] = deque()
        try:
            while True:
                while len(waiting) < AHEAD:
                    waiting.append(threads.submit(make, first + len(waiting)))
                yield waiting.popleft().result()
                first += 1
        finally:
            for future in waiting:
                future.cancel()
