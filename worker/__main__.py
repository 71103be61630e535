"""`python -m worker`: claims jobs and runs their effects on one device, until told to leave."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Sequence

from worker.config import WorkerConfig, WorkerOptions
from worker.jobs.errors import BadSettings
from worker.jobs.logs import hide_in_logs, set_up_logging
from worker.jobs.program import at_end_of_stdin, read_settings
from worker.jobs.settings import open_jobs
from worker.jobs.tracing import traces_sent
from worker.jobs.watch import served
from worker.runtime.device import DeviceRefused
from worker.runtime.loop import Worker
from worker.runtime.metrics import DeviceCollector

log = logging.getLogger("worker")

_STDIN_GRACE = 3.0
"""Seconds for the running job when the parent process is gone."""
_SAME_SIGNAL = 1.0
"""Seconds in which a second signal is the first one's echo: terminals and process managers
both tell."""


class _Program:
    """Opens the jobs, runs the worker, hears the signals."""

    def __init__(self, config: WorkerConfig) -> None:
        self._config = config
        self._worker: Worker | None = None
        self._told = 0.0

    async def run(self, *, stop_with_stdin: bool) -> None:
        """Until told to leave."""
        loop = asyncio.get_running_loop()
        opening = asyncio.create_task(self._serve())
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._hear, number, opening)
        if stop_with_stdin:
            at_end_of_stdin(lambda: loop.call_soon_threadsafe(self._leave, opening, _STDIN_GRACE))
        await asyncio.wait([opening])
        if not opening.cancelled():
            opening.result()

    async def _serve(self) -> None:
        collector = DeviceCollector(lambda: self._worker.device if self._worker else None)
        watched = served(self._config.worker.watch, self._missing, [collector])
        async with watched, open_jobs(self._config) as jobs:
            self._worker = Worker(self._config.worker, jobs)
            await self._worker.run()

    async def _missing(self) -> str:
        return await self._worker.missing() if self._worker else "Redis has not answered yet"

    def _leave(self, serving: asyncio.Task[None], grace: float | None = None) -> None:
        if self._worker is None:
            serving.cancel()
        else:
            self._worker.drain(grace)

    def _hear(self, number: signal.Signals, serving: asyncio.Task[None]) -> None:
        now = asyncio.get_running_loop().time()
        if self._told and now - self._told > _SAME_SIGNAL:
            log.warning("told to leave twice: leaving at once")
            os._exit(128 + number)
        self._told = self._told or now
        self._leave(serving)


def _configure(device: str | None) -> WorkerConfig:
    config = WorkerConfig()
    if device is None:
        return config
    given = config.worker.model_dump(exclude_unset=True) | {"device": device}
    return config.model_copy(update={"worker": WorkerOptions(**given)})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a worker; returns the exit status."""
    parser = argparse.ArgumentParser("python -m worker", description=__doc__)
    parser.add_argument("--device", help="cpu or cuda:0; default: the first GPU if there is one")
    parser.add_argument(
        "--stop-with-stdin", action="store_true", help="leave when standard input closes"
    )
    commands = parser.add_subparsers(title="without one the worker works", metavar="")
    doctor = commands.add_parser("doctor", help="can this machine run the effects? what to do?")
    doctor.add_argument("--machine", action="store_true", help="leave out Redis and the pictures")
    options = parser.parse_args(arguments)
    set_up_logging("worker")
    config = read_settings(lambda: _configure(options.device))
    if config is None:
        return 2
    hide_in_logs(config.secrets())
    if "machine" in options:
        # Here, since workers need none of it.
        from worker.doctor import examine

        return examine(config, machine_only=options.machine)
    try:
        with traces_sent("worker"):
            asyncio.run(_Program(config).run(stop_with_stdin=options.stop_with_stdin))
    except (BadSettings, DeviceRefused) as error:
        log.critical("%s", error)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
