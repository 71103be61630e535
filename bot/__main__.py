"""`python -m bot`: the conversation and its fronts, wired together."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence

from bot.config import BotSettings
from bot.fronts.web.settings import WebSettings
from effects.errors import BadSpec
from worker.jobs.errors import BadSettings
from worker.jobs.program import read_settings, set_up_logging

log = logging.getLogger("bot")


def _configure(port: int | None) -> BotSettings:
    settings = BotSettings()
    if port is None:
        return settings
    given = settings.web.model_dump(exclude_unset=True) | {"port": port}
    return settings.model_copy(update={"web": WebSettings(**given)})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bot; returns the exit status."""
    parser = argparse.ArgumentParser("python -m bot", description=__doc__)
    parser.add_argument("--port", type=int, help="of the web chat; 0 is any free one")
    parser.add_argument(
        "--stop-with-stdin", action="store_true", help="leave when standard input closes"
    )
    options = parser.parse_args(arguments)
    set_up_logging()
    settings = read_settings(lambda: _configure(options.port))
    if settings is None:
        return 2
    # Here, so that other sub-commands start without fronts.
    from bot.serve import serve_until_told

    status = 0
    try:
        asyncio.run(serve_until_told(settings, stop_with_stdin=options.stop_with_stdin))
    except* (BadSettings, BadSpec) as group:
        status = 2
        for refusal in group.exceptions:
            log.critical("%s", refusal)
    return status


if __name__ == "__main__":
    sys.exit(main())
