"""Dead letters: jobs that have failed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.core.admin.desk import Desk, when
from bot.core.admin.refusal import Refusal, choose
from worker.jobs.errors import NoSuchJob, NotFailed
from worker.jobs.model import Failed, JobView

__all__ = ["drop", "retry", "show_dead"]

_ALL = ("all", "все")
_MANY = 1000
"""Read at once; all are done in as many rounds as needed."""
_SHORT = 8
"""Letters of an id that are shown; any beginning of at least four is understood."""


async def show_dead(desk: Desk, words: list[str]) -> str:
    """`dead`."""
    views = await desk.office.dead(limit=_MANY)
    rules = await desk.office.rules()
    if not views:
        return desk.say("admin-no-dead")
    lines = []
    for view in views:
        failed = view.ending
        code, message = (failed.code, failed.message) if isinstance(failed, Failed) else ("", "")
        job = view.job
        lines.append(
            f"{job.id[:_SHORT]} {job.effect}, {job.user}, {when(view.submitted, rules)}:"
            f" {code} — {message}"
        )
    return desk.list(desk.say("admin-dead", count=len(views)), lines)


async def retry(desk: Desk, words: list[str]) -> str:
    """`retry 1f3ab2c4`, `retry all`."""
    return await _each(desk, words[0], desk.office.retry, "admin-retried")


async def drop(desk: Desk, words: list[str]) -> str:
    """`drop 1f3ab2c4`, `drop all`."""
    return await _each(desk, words[0], desk.office.drop, "admin-dropped")


async def _each(desk: Desk, word: str, act: Callable[..., Awaitable[object]], said: str) -> str:
    count = 0
    if word.lower() not in _ALL:
        await act(_pick(word, await desk.office.dead(limit=_MANY)), who=desk.who)
        return desk.say(said, count=1)
    # One that fails again meanwhile is not taken twice.
    seen: set[str] = set()
    while views := [
        view for view in await desk.office.dead(limit=_MANY) if view.job.id not in seen
    ]:
        seen |= {view.job.id for view in views}
        for view in views:
            try:
                await act(view.job.id, who=desk.who)
            except (NoSuchJob, NotFailed):  # somebody else was quicker
                continue
            count += 1
    return desk.say(said, count=count) if count else desk.say("admin-no-dead")


def _pick(word: str, views: list[JobView]) -> str:
    """The id that begins so."""
    ids = {view.job.id for view in views}
    if word in ids:
        return word
    found = [id for id in ids if id.startswith(word.lower())] if len(word) >= 4 else []
    if len(found) > 1:
        raise Refusal("admin-ambiguous", word=word, count=len(found))
    return found[0] if found else choose(word, (id[:_SHORT] for id in ids), "job")
