"""`python -m bot`: the conversation and its fronts; `python -m bot admin`: its admins' shell;
`python -m bot doctor`: what is well with it and what is not; `python -m bot export` and
`import`: its accounts as a file.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.config import BotSettings
from bot.fronts.web.settings import WebSettings
from effects.errors import BadSpec
from worker.jobs.errors import BadSettings
from worker.jobs.logs import hide_in_logs, set_up_logging
from worker.jobs.program import read_settings
from worker.jobs.tracing import traces_sent

log = logging.getLogger("bot")


def _configure(port: int | None) -> BotSettings:
    settings = BotSettings()
    if port is None:
        return settings
    given = settings.web.model_dump(exclude_unset=True) | {"port": port}
    return settings.model_copy(update={"web": WebSettings(**given)})


def _serve(settings: BotSettings, *, stop_with_stdin: bool) -> None:
    # Here, so that the shell starts without the fronts.
    from bot.serve import serve_until_told

    with traces_sent("bot"):
        asyncio.run(serve_until_told(settings, stop_with_stdin=stop_with_stdin))


def _administer(settings: BotSettings, words: list[str]) -> int:
    from bot.shell import administer

    return administer(settings, words)


def _examine(settings: BotSettings) -> int:
    from bot.doctor import examine

    return examine(settings)


def _back_up(settings: BotSettings, options: dict[str, Any]) -> int:
    from bot.backup import export, restore

    if "export" in options:
        return export(settings, options["export"])
    return restore(settings, options["import"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bot; returns the exit status."""
    parser = argparse.ArgumentParser("python -m bot", description=__doc__)
    parser.add_argument("--port", type=int, help="of the web chat; 0 is any free one")
    parser.add_argument(
        "--stop-with-stdin", action="store_true", help="leave when standard input closes"
    )
    commands = parser.add_subparsers(title="without one the bot is served", metavar="")
    admin = commands.add_parser("admin", help="look after a running service; see docs/admin.md")
    admin.add_argument("words", nargs=argparse.REMAINDER, help="none: what there is")
    for name, words in (
        ("export", "write accounts, rules and filters to a file; see docs/operations.md"),
        ("import", "read such a file; what is known here stays"),
    ):
        commands.add_parser(name, help=words).add_argument(name, type=Path, metavar="FILE")
    doctor = commands.add_parser("doctor", help="is all there that the bot needs? what to do?")
    doctor.set_defaults(doctor=True)
    options = parser.parse_args(arguments)
    set_up_logging("bot")
    settings = read_settings(lambda: _configure(options.port))
    if settings is None:
        return 2
    hide_in_logs(settings.secrets())
    status = 0
    try:
        if "words" in options:
            status = _administer(settings, options.words)
        elif "export" in options or "import" in options:
            status = _back_up(settings, vars(options))
        elif "doctor" in options:
            status = _examine(settings)
        else:
            _serve(settings, stop_with_stdin=options.stop_with_stdin)
    except* (BadSettings, BadSpec) as group:
        status = 2
        for refusal in group.exceptions:
            log.critical("%s", refusal)
    return status


if __name__ == "__main__":
    sys.exit(main())
