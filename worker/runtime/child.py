"""The child of a worker: holds the loaded effects of one device and runs one order after another.

Started by `device.Device` as `python -m worker.runtime.child PARENT_PID`; talks by pipes on
its standard streams. It lives no longer than its parent.
"""

from __future__ import annotations

import ctypes
import logging
import os
import queue
import signal
import sys
import threading
from typing import BinaryIO

from effects.catalogue import Catalogue
from effects.device import pick_device, share_cores
from effects.errors import BadSpec, UserError
from effects.weights import WeightsStore
from worker.jobs.logs import set_up_logging
from worker.runtime import messages
from worker.runtime.execute import Executor
from worker.runtime.messages import (
    Here,
    Knock,
    Look,
    Looked,
    Order,
    Over,
    Ready,
    Refused,
    Start,
    Stop,
)
from worker.runtime.shelf import Shelf

log = logging.getLogger(__name__)

_PR_SET_PDEATHSIG = 1


class Child:
    """The pipe's end: a thread listens, the main thread works."""

    def __init__(self, inbox: BinaryIO, outbox: BinaryIO) -> None:
        self._inbox = inbox
        self._outbox = outbox
        self._sending = threading.Lock()
        self._orders: queue.SimpleQueue[Order | Look] = queue.SimpleQueue()
        self._stopped: set[int] = set()

    def run(self) -> None:
        """Serve until the parent is gone."""
        start: Start = messages.read(self._inbox)
        threading.Thread(target=self._listen, daemon=True).start()
        try:
            device = pick_device(start.device)
            catalogue = Catalogue.load()
            names = start.effects or [spec.name for spec in catalogue]
            names = [catalogue[name].name for name in names]
        except (BadSpec, UserError) as error:
            self.send(Refused(str(error)))
            return
        shelf = Shelf(catalogue, device, WeightsStore(), start.memory_mb)
        executor = Executor(
            catalogue, shelf, start.batch, start.down, self.send, self._stopped.__contains__
        )
        effects = executor.warm(names)
        self.send(Ready(device, effects, executor.down, executor.stock))
        while True:
            order = self._orders.get()
            if isinstance(order, Look):
                self.send(Looked(executor.look(order.effects), executor.stock))
            else:
                executor.execute(order)
                # Words that came too late; numbers only rise.
                last = max(part.number for part in order.parts)
                self._stopped -= {number for number in tuple(self._stopped) if number <= last}
                self.send(Over(executor.stock))

    def send(self, message: object) -> None:
        """Put one message into the pipe; safe from any thread."""
        with self._sending:
            self._outbox.write(messages.pack(message))
            self._outbox.flush()

    def _listen(self) -> None:
        # Whatever ends this, the end of the pipe above all, ends the process: at once, even
        # if the main thread is deep in a network.
        try:
            while (message := messages.read(self._inbox)) is not None:
                if isinstance(message, Knock):
                    self.send(Here())
                elif isinstance(message, Stop):
                    self._stopped.add(message.number)
                else:
                    self._orders.put(message)
        finally:
            os._exit(0)


def _die_with(parent: int) -> None:
    """Ask the kernel for the end too: native code that holds the GIL stops the listener."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def _take_streams() -> tuple[BinaryIO, BinaryIO]:
    """The pipes, out of reach of an effect that prints or starts programs."""
    inbox, outbox = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return inbox, outbox


def main() -> None:
    """Be a child."""
    # The parent decides when this process ends. Handlers, not SIG_IGN: programs that an effect
    # starts shall not inherit deafness.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    _die_with(int(sys.argv[1]))
    set_up_logging("child")
    share_cores()
    Child(*_take_streams()).run()


if __name__ == "__main__":
    main()
