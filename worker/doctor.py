"""`python -m worker doctor`: whether this machine can run the effects, and reach the jobs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from effects.catalogue import Catalogue
from effects.device import gpu_memory_mb, pick_device
from effects.errors import BadSpec, UserError
from effects.weights.digest import hashes_to
from effects.weights.manifest import MANIFEST
from effects.weights.store import WeightsStore, command
from worker.config import WorkerConfig
from worker.jobs.doctor import Finding, check_jobs, misspelt, report

__all__ = ["examine"]


def examine(config: WorkerConfig, *, machine_only: bool) -> int:
    """Print what is found; returns the exit status."""
    return asyncio.run(report(_look(config, machine_only)))


async def _look(config: WorkerConfig, machine_only: bool) -> AsyncIterator[Finding]:
    yield _device(config.worker.device)
    for finding in [
        *misspelt(WorkerConfig),
        _effects(config.worker.effects),
        *map(_weights, MANIFEST),
    ]:
        yield finding
    if not machine_only:
        async for found in check_jobs(config):
            yield found


def _device(wanted: str) -> Finding:
    try:
        device = pick_device(wanted)
        if device == "cpu":
            why = "is asked for" if wanted else "no GPU is found"
            return Finding("ok", "device", f"the CPU: {why}")
        return Finding("ok", "device", f"{device} with {gpu_memory_mb(device)} MB")
    except UserError as error:
        do = "correct ATELIER_WORKER__DEVICE, or look at the driver with nvidia-smi"
        return Finding("fail", "device", str(error), do)


def _effects(wanted: tuple[str, ...]) -> Finding:
    try:
        catalogue = Catalogue.load()
        names = [catalogue[name].name for name in wanted] or [spec.name for spec in catalogue]
    except (BadSpec, UserError) as error:
        return Finding("fail", "effects", str(error), "correct ATELIER_WORKER__EFFECTS")
    return Finding("ok", "effects", ", ".join(names))


def _weights(name: str) -> Finding:
    store, what = WeightsStore(), f"weights {name}"
    path = store.find(name)
    if path is None:
        return Finding("warn", what, "are not here", f"`{command(name)}` brings them")
    try:
        if hashes_to(path, MANIFEST[name].sha256):
            return Finding("ok", what, f"are good: {path}")
        return Finding("fail", what, f"{path} is damaged", f"`{command(name)}` brings it")
    except OSError as error:
        return Finding("fail", what, f"can't be read: {error}", "look at the rights to the file")
