"""An account's jobs and their pictures: what the page shows of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TypeVar

from bot.core.learning import Learning
from bot.core.tools import Tools
from bot.fronts.web.shapes import Shape, job_shape
from worker.jobs.errors import BlobMissing
from worker.jobs.model import Done, JobView, MediaRef

__all__ = ["Works"]

T = TypeVar("T")
_SHOWN = 24
_THUMB_SIDE = 1024


class Works:
    """Reads jobs and blobs for their owner; raises `NotYours` and `NoSuchJob` for others."""

    def __init__(self, tools: Tools) -> None:
        self._queue = tools.queue
        self._blobs = tools.blobs
        self._standing = tools.standing
        self._words = tools.words
        self._learning = Learning(tools)
        self._decoder = tools.decoder

    async def recent(self, user: str) -> list[JobView]:
        """The newest jobs, newest first, but for those whose pictures their owner deleted."""
        views = await self._queue.jobs_of(await self._queue.whose(user), limit=_SHOWN)
        kept = await asyncio.gather(*map(self._is_kept, views))
        return [view for view, is_kept in zip(views, kept, strict=True) if is_kept]

    async def _is_kept(self, view: JobView) -> bool:
        if not (isinstance(view.ending, Done) and view.ending.media):
            return True
        return bool(await self._blobs.changes(view.job.id))

    async def view(self, job: str, user: str) -> JobView:
        """One job."""
        return await self._queue.view(job, user=await self._queue.whose(user))

    async def shape(self, view: JobView, lang: str) -> Shape:
        """A job as JSON, in a language of the page's choice."""
        job = view.job.model_copy(update={"lang": lang})
        view = view.model_copy(update={"job": job})
        reply = await self._standing.reply(view)
        if view.ending is not None:
            reply = await self._learning.looked_at(job, view.ending, reply)
        return {
            **job_shape(view, reply),
            "title": self._words.title(job.effect, lang),
            "roles": self._words.roles(job.effect, lang),
            "command": self._words.command(job),
        }

    async def thumb(self, view: JobView, number: int) -> bytes:
        """Photo `number` as a JPEG of at most 1024 px, without metadata."""
        content = await self._blobs.get(_nth(view.job.photos, number))
        return await asyncio.to_thread(self._decoder.shrink, content, _THUMB_SIDE)

    async def preview(self, view: JobView) -> bytes:
        """The newest preview, a JPEG."""
        if view.progress is None or view.progress.preview is None:
            raise BlobMissing("there is no preview yet")
        return await self._blobs.get(view.progress.preview)

    async def media(self, view: JobView, number: int) -> tuple[MediaRef, bytes]:
        """File `number` of the result."""
        files = view.ending.media if isinstance(view.ending, Done) else ()
        media = _nth(files, number)
        return media, await self._blobs.get(media.blob)


def _nth(files: Sequence[T], number: int) -> T:
    if number >= len(files):
        raise BlobMissing("the job has no such file")
    return files[number]
