"""The settings of a worker, from the environment (`ATELIER_WORKER__LEASE=20`)."""

from __future__ import annotations

import os
import re
import secrets
import socket
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_settings import NoDecode

from worker.jobs.settings import JobsSettings
from worker.jobs.watch import WatchSettings


def _own_name() -> str:
    host = re.sub(r"[^A-Za-z0-9]+", "-", socket.gethostname())[:40]
    return f"{host}-{os.getpid()}-{secrets.token_hex(2)}"


class WorkerOptions(BaseModel):
    """How one worker works. Times in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str = Field(default_factory=_own_name, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$")
    """Unlike every other worker's."""
    device: str = Field("", pattern=r"^(cpu|cuda(:\d+)?)?$")
    """torch's name; empty: the first GPU if there is one, else the CPU."""
    pool: str = Field("", pattern=r"^[A-Za-z0-9_.-]{0,40}$")
    """What admins pause and forecasts measure as one; empty: "cpu" or "cuda", as the device is."""
    effects: Annotated[tuple[str, ...], NoDecode] = ()
    """Offer these alone, "gatys,recognize"; empty: all that are installed."""
    lease: float = Field(20.0, gt=0)
    """A worker that is silent for so long loses its job."""
    load_limit: float = Field(300.0, gt=0)
    """An effect that is not loaded by then counts as hung."""
    store_patience: float = Field(60.0, ge=0)
    """An attempt at a job waits so long for a store of pictures that is away."""
    look_again: float = Field(60.0, gt=0)
    """An effect that is down is tried again after so long: its weights may be there now."""
    grace: float = Field(30.0, ge=0)
    """A draining worker gives its job back after so long."""
    memory_mb: int = Field(0, ge=0)
    """Bound of the loaded effects' memory; 0: half of what the device has."""
    batch: int = Field(8, ge=1, le=1000)
    """Jobs of one kind that are run together, at most; 1: every job alone."""
    keep: float = Field(86400.0, gt=0)
    """Ended jobs and their pictures are dropped after so long."""
    keep_orphans: float = Field(86400.0, gt=0)
    """Pictures of jobs that the queue does not know, and what effects keep in their cache, are
    dropped after so long: longer than
    a bot waits for the rest of a request. No two queues may keep their pictures in one place."""
    watch: WatchSettings = WatchSettings()

    @field_validator("effects", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(name for name in re.split(r"[,\s]+", value) if name)
        return value


class WorkerConfig(JobsSettings):
    """Where the jobs are, and how to work on them."""

    worker: WorkerOptions = Field(default_factory=WorkerOptions)
