"""What the programs of this package share: arguments and errors in one sentence each."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from typing import NoReturn

from effects.device import share_cores
from effects.errors import EffectError, UserError

__all__ = ["Parser", "finish", "reason"]

WRONG, FAILED, INTERRUPTED = 2, 1, 130


class Parser(argparse.ArgumentParser):
    """A parser that says what is wrong and nothing else."""

    def error(self, message: str) -> NoReturn:
        """End the program."""
        self.exit(WRONG, f"error: {message}\n")


def finish(run: Callable[[], None]) -> int:
    """Run a program; its errors end as sentences. Returns the exit status."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # real files, not TextIO
    share_cores()
    try:
        run()
        sys.stdout.flush()
    except UserError as error:
        return _say(error, WRONG)
    except EffectError as error:
        return _say(error, FAILED)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read us has gone; keep Python from complaining about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return 0


def reason(error: OSError) -> str:
    """Why a file can't be used, without its name."""
    return (error.strerror or str(error)).lower()


def _say(error: EffectError, status: int) -> int:
    print(f"error: {' '.join(str(error).split())[:500]}", file=sys.stderr)
    return status
