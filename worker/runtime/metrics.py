"""What a worker counts. Jobs as a whole are counted by bots, when their endings are delivered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cached_property
from itertools import product
from typing import Any

from prometheus_client import Counter, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from worker.runtime.device import Device

__all__ = ["ATTEMPTS", "SERVICE", "WAIT", "DeviceCollector", "expect"]

_SECONDS = (0.1, 0.3, 1, 2, 5, 10, 20, 40, 90, 180, 360, 900, 3600)

WAIT = Histogram(
    "atelier_wait_seconds", "From a job's submission to its first claim.", ["tier", "pool"],
    buckets=(*_SECONDS, 14400, 43200),
)  # fmt: skip
SERVICE = Histogram(
    "atelier_service_seconds", "Time an effect took for a job.", ["effect"], buckets=_SECONDS
)
ATTEMPTS = Counter(
    "atelier_attempts", "Claimed jobs, by what came of them.", ["effect", "outcome", "code"]
)


def expect(effects: Iterable[str]) -> None:
    """Begin the series of deaths: one that begins with its first failure hides it from a rate."""
    for effect, outcome, code in product(effects, ("retried", "failed"), ("crashed", "hung")):
        ATTEMPTS.labels(effect, outcome, code)


class DeviceCollector(Collector):
    """What the device's child has loaded and takes of the machine; memory and use of the machine's
    GPUs, where NVML and its binding (nvidia-ml-py) are. `device`: None before there is one.
    """

    def __init__(self, device: Callable[[], Device | None]) -> None:
        self._device = device
        # The parent is the process of the usual process_… metrics; the models are in the child.
        self._child = ProcessCollector("atelier_child", lambda: self._pid, registry=None)

    @property
    def _pid(self) -> int:
        device = self._device()
        return (device.pid if device else None) or 0

    def describe(self) -> Iterable[Metric]:
        """Nothing: NVML is not to be loaded before somebody asks."""
        return []

    def collect(self) -> Iterable[Metric]:
        """No samples of what is not there."""
        device = self._device()
        took = GaugeMetricFamily(
            "atelier_effect_load_seconds", "Loading it took, with its weights.", labels=["effect"]
        )
        for effect, seconds in device.stock.took.items() if device else ():
            took.add_metric([effect], seconds)
        return [took, *self._child.collect(), *self._gpus()]

    def _gpus(self) -> Iterable[Metric]:
        used = GaugeMetricFamily("atelier_gpu_memory_used_bytes", "By all.", labels=["gpu"])
        total = GaugeMetricFamily("atelier_gpu_memory_bytes", "There is.", labels=["gpu"])
        busy = GaugeMetricFamily(
            "atelier_gpu_utilization_ratio", "Share of the time in which it worked.", labels=["gpu"]
        )
        nvml = self._nvml
        for index in range(nvml.nvmlDeviceGetCount()) if nvml else ():
            # a GPU may be lost or not ours, and a slice of one (MIG) has no rates
            with suppress(nvml.NVMLError):
                handle = nvml.nvmlDeviceGetHandleByIndex(index)
                memory = nvml.nvmlDeviceGetMemoryInfo(handle)
                used.add_metric([str(index)], memory.used)
                total.add_metric([str(index)], memory.total)
                busy.add_metric([str(index)], nvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100)
        return [used, total, busy]

    @cached_property
    def _nvml(self) -> Any:
        try:
            import pynvml
        except ImportError:
            return None
        try:
            pynvml.nvmlInit()
        except pynvml.NVMLError:
            return None
        return pynvml
