"""An order on loaded effects: whatever happens in there becomes a verdict for each of its parts."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from effects.catalogue import Catalogue
from effects.decoder import Decoder
from effects.errors import BrokenEffect, Cancelled, EffectError
from effects.spec import Effect, EffectSpec, Item, Output
from effects.verify import is_out_of_memory, verify
from worker.jobs.logs import about
from worker.runtime.context import OrderContext
from worker.runtime.failures import load_failure, run_failure
from worker.runtime.messages import (
    Order,
    Part,
    Result,
    Running,
    Stock,
    Stopped,
    Verdict,
    Warming,
)
from worker.runtime.shelf import Shelf

log = logging.getLogger(__name__)

_WARM_SECONDS = 5.0
"""Effects whose turn comes later than this are only imported at the start."""


@dataclass(frozen=True)
class _Task:
    """A part that can be run."""

    number: int
    job: str
    cost: int
    item: Item[Any]
    context: OrderContext


class Executor:
    """Runs orders one after another; knows which effects are down, and why."""

    def __init__(
        self,
        catalogue: Catalogue,
        shelf: Shelf,
        batch: int,
        down: dict[str, str],
        send: Callable[[object], None],
        stopped: Callable[[int], bool],
    ) -> None:
        self.down = dict(down)
        self._catalogue = catalogue
        self._shelf = shelf
        self._send = send
        self._stopped = stopped
        self._decoder = Decoder(1)
        self._most = {spec.name: min(shelf.most(spec), batch) for spec in catalogue}

    @property
    def stock(self) -> Stock:
        """What is loaded, and which effects take several jobs at once."""
        most = {name: n for name, n in self._most.items() if n > 1}
        return Stock(self._shelf.loaded, most, dict(self._shelf.took))

    def warm(self, names: Iterable[str]) -> tuple[str, ...]:
        """Import every runner and load what is quickly loaded; returns those not down."""
        end = time.monotonic() + _WARM_SECONDS
        names = [name for name in names if name not in self.down]
        for name in names:
            self._send(Warming(name))
            spec = self._catalogue[name]
            try:
                self._catalogue.load_runner(spec)
                if time.monotonic() < end and self._shelf.fits(spec):
                    self._shelf.get(spec)
            except BaseException as error:
                self._note_down(name, error, self.down)
        return tuple(name for name in names if name not in self.down)

    def look(self, names: Iterable[str]) -> dict[str, str]:
        """Load effects that are down; returns those that still are, and why."""
        down: dict[str, str] = {}
        for name in names:
            self._send(Warming(name))
            try:
                self._shelf.look(self._catalogue[name])
            except BaseException as error:
                self._note_down(name, error, down)
        return down

    def execute(self, order: Order) -> None:
        """Load, decode, run, verify; sends a verdict for every part."""
        tasks = []
        for part in order.parts:
            with about(part.job):
                if task := self._read(order.effect, part):
                    tasks.append(task)
        if not tasks:
            return
        spec = self._catalogue[order.effect]
        try:
            self._load(spec)
        except BaseException as error:
            self._relieve(error)
            for task in tasks:
                self._send(load_failure(task.number, spec.name, error))
            return
        for task in self._run_together(spec, tasks):
            with about(task.job):
                self._send(self._run_alone(spec, task))

    def _read(self, effect: str, part: Part) -> _Task | None:
        """The part, checked and decoded; None when that failed, which is its verdict."""
        try:
            spec = self._catalogue[effect]
            params = spec.parse(part.params)
            spec.check_photos(len(part.photos), params)
            photos = tuple(self._decoder.decode(photo) for photo in part.photos)
        except BaseException as error:
            self._relieve(error)
            self._send(run_failure(part.number, effect, error))
            return None
        context = OrderContext(part.number, self._send, lambda: self._stopped(part.number))
        return _Task(
            part.number, part.job, part.cost, Item(params, photos, part.attachments), context
        )

    def _run_together(self, spec: EffectSpec, tasks: Sequence[_Task]) -> Sequence[_Task]:
        """Run a batch; returns what must be run one by one, because the batch failed or is none.

        When an effect lets a cancel pass, the others are run again together.
        """
        while True:
            tasks = self._wanted(tasks)
            if len(tasks) < 2:
                return tasks
            self._send(Running(tuple(task.number for task in tasks), spec.step_limit))
            begun = time.monotonic()
            try:
                outputs = self._run_batch(spec, tasks)
            except BaseException as error:
                if isinstance(error, Cancelled) and any(self._is_stopped(task) for task in tasks):
                    continue
                self._note_batch(spec, len(tasks), error)
                return tasks
            share = (time.monotonic() - begun) / sum(task.cost for task in tasks)
            for task, output in zip(tasks, outputs, strict=True):
                self._send(self._judge(spec, task, output, share * task.cost))
            return ()

    def _run_batch(self, spec: EffectSpec, tasks: Sequence[_Task]) -> list[Output]:
        items, contexts = [task.item for task in tasks], [task.context for task in tasks]
        outputs = self._load(spec).run_batch(items, contexts)
        if len(outputs) != len(tasks):
            raise BrokenEffect(f"{len(outputs)} outputs for {len(tasks)} jobs")
        return outputs

    def _wanted(self, tasks: Sequence[_Task]) -> list[_Task]:
        wanted = []
        for task in tasks:
            if self._is_stopped(task):
                self._send(Stopped(task.number))
            else:
                wanted.append(task)
        return wanted

    def _run_alone(self, spec: EffectSpec, task: _Task) -> Verdict:
        try:
            effect = self._load(spec)
        except BaseException as error:
            self._relieve(error)
            return load_failure(task.number, spec.name, error)
        if self._is_stopped(task):
            return Stopped(task.number)
        self._send(Running((task.number,), spec.step_limit))
        begun = time.monotonic()
        try:
            output = effect.run(task.item, task.context)
        except BaseException as error:
            if isinstance(error, Cancelled) and self._is_stopped(task):
                return Stopped(task.number)
            self._relieve(error)
            return run_failure(task.number, spec.name, error)
        return self._judge(spec, task, output, time.monotonic() - begun)

    def _judge(self, spec: EffectSpec, task: _Task, output: Any, seconds: float) -> Verdict:
        if self._is_stopped(task):
            return Stopped(task.number)
        try:
            output = verify(output, spec.name)
        except BaseException as error:
            self._relieve(error)
            return run_failure(task.number, spec.name, error)
        media = tuple((medium.type, medium.content) for medium in output.media)
        text = output.text._asdict() if output.text else {}
        # Any effect may describe its result for programs; those wait with it only where it
        # teaches another effect a filter.
        data = dict(output.data) if spec.teaches else {}
        return Result(task.number, media, text, seconds, data)

    def _is_stopped(self, task: _Task) -> bool:
        return self._stopped(task.number)

    def _load(self, spec: EffectSpec) -> Effect[Any]:
        if spec.name not in self._shelf.loaded:
            self._send(Warming(spec.name))
        return self._shelf.get(spec)

    def _note_down(self, name: str, error: BaseException, down: dict[str, str]) -> None:
        self._relieve(error)
        failure = load_failure(0, name, error)
        if failure.down:
            down[name] = failure.message

    def _note_batch(self, spec: EffectSpec, size: int, error: BaseException) -> None:
        """A batch failed; for want of memory the next ones are half as large."""
        known = isinstance(error, EffectError)
        log.warning(
            "effect %s: a batch of %d failed (%s), its jobs are run one by one",
            *(spec.name, size, error if known else type(error).__name__),
            exc_info=None if known else error,
        )
        if is_out_of_memory(error):
            self._most[spec.name] = size // 2
        self._relieve(error)

    def _relieve(self, error: BaseException) -> None:
        """After want of memory, let go of all that can be had again."""
        if is_out_of_memory(error):
            # The frames of the effect hold what it had computed.
            traceback.clear_frames(error.__traceback__)
            self._shelf.clear()
