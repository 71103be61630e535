"""A request on its way: photos and words are gathered until it can be queued."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping, Sequence

from bot.core.commands import Wish
from bot.core.messages import Incoming
from bot.core.session import Sessions, Talk
from effects.catalogue import Catalogue
from effects.decoder import Decoder
from effects.errors import BadPicture
from effects.image import Info
from effects.spec import EffectSpec
from worker.jobs.blobs import Blobs
from worker.jobs.errors import NoSuchJob, QueueAway
from worker.jobs.logs import about
from worker.jobs.model import Job, Ticket
from worker.jobs.policy import MICRO
from worker.jobs.queue import Queue
from worker.jobs.tracing import span, traceparent

__all__ = ["Requests"]

log = logging.getLogger(__name__)

_DEAREST = 10**12
_PAUSES = (0.5, 1.0, 2.0)
"""Seconds before a submit without an answer is made again: a failover may be over by then."""


class Requests:
    """The unfinished requests, one a chat, and the way from there into the queue."""

    def __init__(
        self,
        catalogue: Catalogue,
        queue: Queue,
        blobs: Blobs,
        sessions: Sessions,
        decoder: Decoder,
        *,
        new_id: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        """`new_id` makes unguessable job ids."""
        self._catalogue = catalogue
        self._queue = queue
        self._blobs = blobs
        self._sessions = sessions
        self._decoder = decoder
        self._new_id = new_id

    async def current(self, incoming: Incoming) -> Talk | None:
        """What this chat has half said."""
        talk = await self._sessions.get(_chat(incoming))
        # A bot killed between submit and delete leaves the talk of a job that is on its way.
        return None if talk is None or await self._is_queued(talk) else talk

    async def gather(self, incoming: Incoming, talk: Talk | None, wish: Wish) -> Talk:
        """Add the message's photos and wish to the talk, and remember it. Raises `BadPicture`."""
        infos = [await self._inspect(incoming, number) for number in range(len(incoming.photos))]
        # A message that comes twice brings its photos once.
        if talk is not None and talk.message == incoming.message:
            infos = []
        if talk is not None and self._begins_anew(talk, wish, len(infos)):
            await self._blobs.delete_under(talk.job)
            talk = None
        talk = talk or Talk(job=self._new_id(), user=incoming.user)
        if infos:
            talk = await self._store(incoming, talk, infos)
        if wish.spec is not None:
            talk = talk.model_copy(update={"effect": wish.spec.name, "values": dict(wish.values)})
            # Who said "now" to one request is asked again about the next.
            talk = talk.model_copy(update={"night": talk.night or None})
        if wish.tonight:
            talk = talk.model_copy(update={"night": True})
        await self._sessions.put(_chat(incoming), talk)
        return talk

    async def revive(
        self, incoming: Incoming, job: Job, values: Mapping[str, str], *, night: bool
    ) -> Talk:
        """A talk with the photos and effect of an earlier job, which it leaves as it is; the
        chat's unfinished one is dropped. Raises `BlobMissing`.
        """
        pictures = [await self._blobs.get(name) for name in job.photos]
        talk = await self.begin(incoming, job.effect, pictures, values)
        return await self.choose(incoming, talk, night=night or None)

    async def begin(
        self,
        incoming: Incoming,
        effect: str,
        pictures: Sequence[bytes],
        values: Mapping[str, str],
    ) -> Talk:
        """A talk with these pictures for an effect; the chat's unfinished one is dropped."""
        new = self._new_id()
        names = tuple(f"{new}/photo-{number}" for number in range(len(pictures)))
        for name, picture in zip(names, pictures, strict=True):
            await self._blobs.put(name, picture)
        talk = await self.current(incoming)
        if talk is not None:
            await self._blobs.delete_under(talk.job)
        infos = [await asyncio.to_thread(self._decoder.inspect, each) for each in pictures[:1]]
        talk = Talk(
            job=new,
            user=incoming.user,
            message=incoming.message,
            effect=effect,
            values=dict(values),
            photos=names,
            pixels=sum(info.width * info.height for info in infos),
        )
        await self._sessions.put(_chat(incoming), talk)
        return talk

    async def redirect(
        self, incoming: Incoming, talk: Talk, effect: str, values: Mapping[str, str], more: bytes
    ) -> Talk:
        """The talk as one of another effect, with one more picture, unless that is empty."""
        photos = talk.photos
        if more:
            photos = (*photos, f"{talk.job}/photo-{len(photos)}")
            await self._blobs.put(photos[-1], more)
        talk = talk.model_copy(update={"effect": effect, "values": dict(values), "photos": photos})
        await self._sessions.put(_chat(incoming), talk)
        return talk

    async def refuse_photos(self, incoming: Incoming, talk: Talk) -> None:
        """Forget the photos, so that others can be sent for the same."""
        await self._blobs.delete(talk.photos)
        talk = talk.model_copy(update={"photos": (), "pixels": 0, "message": ""})
        await self._sessions.put(_chat(incoming), talk)

    async def choose(self, incoming: Incoming, talk: Talk, *, night: bool | None) -> Talk:
        """Remember that the talk is for the night, or for now, or not chosen."""
        talk = talk.model_copy(update={"night": night})
        await self._sessions.put(_chat(incoming), talk)
        return talk

    async def draft(self, incoming: Incoming, talk: Talk, values: Mapping[str, str]) -> Job:
        """The job of the talk, which has its effect and photos, with parameters of `values`.

        Raises `BadParams`.
        """
        spec: EffectSpec = self._catalogue[talk.effect]
        params = spec.parse(values)
        guess = spec.cost(params, talk.pixels)
        cost = await self._queue.price(spec.name, guess, talk.pixels)
        return Job(
            id=talk.job,
            user=incoming.user,
            platform=incoming.platform,
            chat=incoming.chat,
            message=incoming.message,
            lang=incoming.lang,
            effect=spec.name,
            params=params.model_dump(mode="json"),
            photos=talk.photos,
            cost=_micro(cost),
            guess=_micro(guess),
            pixels=talk.pixels,
            deferred=bool(talk.night),
            kind=spec.name if spec.max_batch > 1 else "",
        )

    async def submit(self, incoming: Incoming, job: Job) -> tuple[Job, Ticket]:
        """Queue the job that was drafted, and forget the talk. Raises what the queue raises."""
        with span("submit", job=job.id, effect=job.effect):
            job = job.model_copy(update={"traceparent": traceparent()})
            ticket = await self._put(job, key=f"{_chat(incoming)}:{incoming.message}")
        if ticket.job != job.id:
            # The message came twice: its job is the first one, with the photos of then.
            await self._blobs.delete_under(job.id)
            job = (await self._queue.view(ticket.job, user=job.user)).job
        await self._sessions.delete(_chat(incoming))
        with about(job.id):
            known = {"effect": job.effect, "messenger": job.platform}
            log.info("job %s: %s from %s waits", job.id, job.effect, job.platform, extra=known)
        return job, ticket

    async def _put(self, job: Job, key: str) -> Ticket:
        """Submit, and again when no answer came: the same key is the same job. People would send
        the photo anew, and have two.
        """
        for pause in _PAUSES:
            try:
                return await self._queue.submit(job, key=key)
            except QueueAway:
                await asyncio.sleep(pause)
        return await self._queue.submit(job, key=key)

    async def drop(self, incoming: Incoming, talk: Talk) -> None:
        """Forget the talk and its photos."""
        await self._sessions.delete(_chat(incoming))
        await self._blobs.delete_under(talk.job)

    async def tidy(self) -> None:
        """Remove the photos of talks that have expired."""
        for talk in await self._sessions.pop_expired():
            if not await self._is_queued(talk):
                await self._blobs.delete_under(talk.job)

    async def _is_queued(self, talk: Talk) -> bool:
        try:
            await self._queue.view(talk.job, user=talk.user)
        except NoSuchJob:
            return False
        return True

    def _begins_anew(self, talk: Talk, wish: Wish, count: int) -> bool:
        """Whether `count` photos stand for themselves, rather than join those sent before."""
        if count == 0 or not talk.photos:
            return False
        if wish.spec is not None and count >= wish.spec.photos[0]:
            return True
        spec = wish.spec or (self._catalogue[talk.effect] if talk.effect else None)
        most = spec.photos[1] if spec else max(each.photos[1] for each in self._catalogue)
        return len(talk.photos) + count > most

    async def _inspect(self, incoming: Incoming, number: int) -> Info:
        try:
            return await asyncio.to_thread(self._decoder.inspect, incoming.photos[number])
        except BadPicture as error:
            if len(incoming.photos) > 1:
                error.details["number"] = number + 1
            raise

    async def _store(self, incoming: Incoming, talk: Talk, infos: list[Info]) -> Talk:
        have = len(talk.photos)
        names = tuple(f"{talk.job}/photo-{have + number}" for number in range(len(infos)))
        for name, photo in zip(names, incoming.photos, strict=True):
            await self._blobs.put(name, photo)
        return talk.model_copy(
            update={
                "photos": talk.photos + names,
                "message": incoming.message,
                "pixels": talk.pixels or infos[0].width * infos[0].height,
            }
        )


def _micro(seconds: float) -> int:
    return max(1, round(min(_DEAREST, seconds * MICRO)))


def _chat(incoming: Incoming) -> str:
    whose = f":{incoming.user}" if incoming.group else ""
    return f"{incoming.platform}:{incoming.chat}{whose}"
