"""How a job stands, as a reply: every front shows the same words."""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from bot.core.after import buttons
from bot.core.forms import command, text_field
from bot.core.messages import Button, File, Reply, Status
from bot.core.texts import Texts
from effects.catalogue import Catalogue
from worker.jobs.model import Cancelled, Done, Ending, Estimate, Job, Progress, State

__all__ = ["StatusWords", "file_name"]


def file_name(job: Job, number: int, type: str) -> str:
    """What a file of the result is called when it is saved: "gatys-1f3a-1.png"."""
    suffix = mimetypes.guess_extension(type) or ""
    return f"{job.effect}-{job.id[:4]}-{number + 1}{suffix}"


class StatusWords:
    """Turns what the queue knows of a job into replies with slot = job id."""

    def __init__(self, catalogue: Catalogue, texts: Texts) -> None:
        self._catalogue = catalogue
        self._texts = texts

    def title(self, effect: str, lang: str) -> str:
        """The effect's title; its name when it is no longer installed."""
        if effect not in self._catalogue:
            return effect
        return str(getattr(self._catalogue[effect].title, lang))

    def roles(self, effect: str, lang: str) -> list[str]:
        """What each photo of the effect is for, as titles."""
        if effect not in self._catalogue:
            return []
        return [self._texts.role(lang, role) for role in self._catalogue[effect].roles]

    def command(self, job: Job) -> str:
        """What a person would type to ask for this job."""
        if job.effect not in self._catalogue:
            return f"/{job.effect}"
        return command(self._catalogue[job.effect], job.params)

    def waiting(
        self, job: Job, estimate: Estimate, *, idle: bool = False, by_morning: bool = False
    ) -> Reply:
        """Place and time; `idle`: no worker is there; `by_morning`: it is offered the night."""
        text = self._texts.say(
            job.lang,
            "waiting-idle" if idle else "waiting",
            place=estimate.place,
            time=self._texts.duration(job.lang, estimate.seconds),
        )
        buttons = self._cancel(job)
        if by_morning:
            label = self._texts.say(job.lang, "by-morning", side="none")
            buttons = ((Button(label, f"tonight:{job.id}"),), *buttons)
        return Reply(text, buttons=buttons, slot=job.id, status=_waits(job, estimate))

    def deferred(
        self, job: Job, estimate: Estimate, *, hour: Literal["day", "soon", "night"], by: str
    ) -> Reply:
        """By when it is done. `hour`: it waits for the night, is likely to be done while it is
        still day, or has its place in the night's line.
        """
        ids = {"day": "deferred-day", "soon": "deferred-soon", "night": "deferred-night"}
        text = self._texts.say(
            job.lang,
            ids[hour],
            place=estimate.place,
            time=self._texts.duration(job.lang, estimate.seconds),
            by=by,
        )
        return Reply(text, buttons=self._cancel(job), slot=job.id, status=_waits(job, estimate))

    def running(
        self, job: Job, progress: Progress | None, files: Sequence[File] = (), *, left: float = 0.0
    ) -> Reply:
        """Percent, and how many seconds are `left`, if known; `files` holds the newest preview."""
        status = Status(job.id, State.RUNNING, seconds=left, user=job.user)
        text = self._texts.say(job.lang, "starting")
        if progress is not None and progress.total > 0:
            status = replace(status, done=progress.done, total=progress.total)
            percent = 100 * progress.done // progress.total
            text = self._texts.say(job.lang, "running", percent=percent)
        if left >= 1:
            time = self._texts.duration(job.lang, left)
            text = self._texts.say(job.lang, "time-left", text=text, time=time)
        return Reply(text, tuple(files), self._cancel(job), job.id, status)

    def cancelling(self, job: Job) -> Reply:
        """A running job was told to stop."""
        text = self._texts.say(job.lang, "cancelling")
        return Reply(text, slot=job.id, status=Status(job.id, State.RUNNING, user=job.user))

    def ended(self, job: Job, ending: Ending, files: Sequence[File] = ()) -> Reply:
        """The end: `files` are the result's."""
        if isinstance(ending, Done):
            said = ending.text.get(job.lang) or ending.text.get("en")
            status = Status(job.id, State.DONE)
            rows = buttons(self._catalogue, job, self._texts)
            return Reply(said or self._done(job, ending), tuple(files), rows, job.id, status)
        if isinstance(ending, Cancelled):
            text = self._texts.say(job.lang, "cancelled")
            return Reply(text, slot=job.id, status=Status(job.id, State.CANCELLED))
        text = self._texts.error(job.lang, ending.code, ending.message, ending.details)
        status = Status(job.id, State.FAILED)
        return Reply(text, slot=job.id, status=status, error=ending.code)

    def _done(self, job: Job, ending: Done) -> str:
        if job.effect in self._catalogue:
            spec = self._catalogue[job.effect]
            name = job.params.get(text_field(spec)) if spec.teaches else None
            if name:
                return self._texts.say(job.lang, "filter-ready", name=name, effect=spec.teaches)
        return self._texts.say(
            job.lang,
            "done",
            title=self.title(job.effect, job.lang),
            time=self._texts.duration(job.lang, ending.seconds),
        )

    def blob_missing(self, job: Job) -> Reply:
        """The result can't be shown: a file of it is gone."""
        text = self._texts.error(job.lang, "blob_missing", "the result is no longer stored", {})
        return Reply(text, slot=job.id, status=Status(job.id, State.DONE), error="blob_missing")

    def _cancel(self, job: Job) -> tuple[tuple[Button, ...], ...]:
        return ((Button(self._texts.say(job.lang, "cancel"), f"cancel:{job.id}"),),)


def _waits(job: Job, estimate: Estimate) -> Status:
    return Status(
        job.id,
        State.WAITING,
        place=estimate.place,
        seconds=estimate.seconds,
        deferred=job.deferred,
        user=job.user,
    )
