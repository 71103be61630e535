"""The filters of accounts, with what the blob store holds of them."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from difflib import get_close_matches

from bot.core.filter_names import check_name, loose, normal, taken_words
from bot.core.saved import FilterNameTaken, SavedFilter, SavedFilters, TooManyFilters
from effects.catalogue import Catalogue
from effects.decoder import Decoder
from effects.errors import UserError
from worker.jobs.blobs import Blobs
from worker.jobs.errors import BlobMissing, NoSuchJob, NotYours
from worker.jobs.link_codes import plain
from worker.jobs.model import Done, Job
from worker.jobs.office import Office
from worker.jobs.queue import Queue

__all__ = ["PLACE", "BadFilterCode", "Collection", "FilterGone", "NoSuchFilter"]

PLACE = "filters"
_GONE = "this filter is deleted"
_SIDE = 1536
"""Pixels of a filter's picture: enough for any effect."""
_ORPHAN = 86_400.0
"""Seconds after which blobs that no filter has are dropped."""


class NoSuchFilter(UserError):
    """The person has no filter `name`; the `nearest` one, or ""."""

    code = "no_such_filter"


class FilterGone(UserError):
    """The filter that was meant is deleted."""

    code = "filter_gone"


class BadFilterCode(UserError):
    """No filter has this code."""

    code = "bad_filter_code"


class Collection:
    """Saves, learns, copies and deletes; the blobs of a filter are under "filters/" + its id, where
    no sweep of jobs looks.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        queue: Queue,
        office: Office,
        blobs: Blobs,
        saved: SavedFilters,
        decoder: Decoder,
        *,
        new_id: Callable[[], str] = lambda: secrets.token_hex(16),
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`new_id` makes unguessable ids."""
        self._queue = queue
        self._office = office
        self._blobs = blobs
        self._saved = saved
        self._decoder = decoder
        self._new_id = new_id
        self._clock = clock
        self._reserved = taken_words(catalogue)

    async def own(self, user: str) -> list[SavedFilter]:
        """All of an account's, oldest first; those of identities that have joined it, too."""
        person = await self._office.person(user)
        if person.linked:
            await self._saved.gather(user, person.linked)
        return await self._saved.of(user)

    async def named(self, user: str, word: str) -> SavedFilter:
        """The account's of this name. Raises `NoSuchFilter`."""
        own = {each.name: each for each in await self.own(user)}
        name = normal(word)
        if name in own:
            return own[name]
        close = get_close_matches(name, own, n=1, cutoff=0.5)
        nearest = close[0] if close else ""
        raise NoSuchFilter(f"there is no filter {name[:40]!r}", name=name[:40], nearest=nearest)

    async def with_id(self, user: str, id: str) -> SavedFilter:
        """The account's of this id. Raises `FilterGone`."""
        return await self._pick(user, lambda each: each.id == id)

    async def of_job(self, user: str, job: str) -> SavedFilter:
        """The account's that this job learns or has learned. Raises `FilterGone`."""
        return await self._pick(user, lambda each: each.job == job)

    async def _pick(self, user: str, fits: Callable[[SavedFilter], bool]) -> SavedFilter:
        for each in await self.own(user):
            if fits(each):
                return each
        raise FilterGone(_GONE)

    async def learned_by(self, job: str) -> SavedFilter | None:
        """The filter that this job learns or has learned, if it is still there."""
        return await self._saved.with_job(job)

    def check_name(self, word: str) -> str:
        """A name as it is kept. Raises `BadFilterName` and `FilterNameShipped`."""
        return check_name(word, self._reserved)

    async def keep(
        self, user: str, effect: str, content: bytes, *, name: str = "", stem: str = "style"
    ) -> SavedFilter:
        """Save a picture as a filter of `effect`: under `name`, or as "style-1", "style-2" …. A
        picture that the account has saved already, under this name if one is given, is not saved
        again. Raises `FilterNameTaken`, `TooManyFilters` and what `check_name` raises.
        """
        digest = hashlib.sha256(content).hexdigest()
        wanted = self.check_name(name) if name else ""
        for each in await self.own(user):
            if each.digest == digest and wanted in ("", each.name):
                return each
            if each.name == wanted:
                raise FilterNameTaken.of(wanted)
        new = await self._new(user, effect, digest)
        small = await asyncio.to_thread(self._decoder.shrink, content, _SIDE)
        await self._blobs.put(new.picture, small)
        return await self._save(new, [wanted] if wanted else self._numbered(stem))

    async def copy(self, user: str, code: str) -> SavedFilter:
        """An own copy of somebody's filter, or the one of the same picture that there is. Raises
        `BadFilterCode`, `TooManyFilters`.
        """
        own = await self.own(user)
        found = await self._saved.with_code(plain(code))
        if found is None:
            raise BadFilterCode("this code is not known")
        for each in own:
            if each.digest == found.digest and each.is_learned >= found.is_learned:
                return each
        new = await self._new(user, found.effect, found.digest)
        parts = {}
        try:
            for part in ("picture", "vectors", "thumbnail"):
                if source := getattr(found, part):
                    parts[part] = _blob(new.id, part)
                    await self._blobs.put(parts[part], await self._blobs.get(source))
        except BlobMissing:
            await self._clear([new.id])
            raise BadFilterCode(_GONE) from None
        names = itertools.chain([found.name], self._numbered(found.name))
        return await self._save(new.model_copy(update=parts), names)

    async def begin(self, one: SavedFilter, job: str) -> SavedFilter:
        """From now on `job` learns the filter. Raises `FilterGone`."""
        begun = await self._saved.begin(one.id, job)
        if begun is None:
            raise FilterGone(_GONE)
        return begun

    async def learn(self, job: Job, done: Done) -> SavedFilter | None:
        """Keep what the job has learned; again it is the same. None when the filter was deleted,
        or is learned by another job now. Raises `BlobMissing`.
        """
        found = await self._saved.with_job(job.id)
        if found is None or not done.data:
            return None
        # what is learned anew takes the place of the old at once, and no cache mixes them up
        vectors, thumbnail = _blob(found.id, f"vectors-{job.id}"), ""
        if found.vectors == vectors:
            return found
        await self._blobs.put(vectors, await self._blobs.get(next(iter(done.data.values()))))
        if done.media:
            thumbnail = _blob(found.id, f"thumbnail-{job.id}")
            await self._blobs.put(thumbnail, await self._blobs.get(done.media[0].blob))
        learned = await self._saved.learn(
            found.id, job=job.id, vectors=vectors, thumbnail=thumbnail
        )
        if learned is None:
            await self._clear([found.id])
        return learned

    async def rename(self, user: str, old: str, new: str) -> SavedFilter:
        """Raises `NoSuchFilter`, `FilterGone`, `FilterNameTaken` and what `check_name` raises."""
        found, name = await self.named(user, old), self.check_name(new)
        renamed = await self._saved.rename(found.id, name)
        if renamed is None:
            raise FilterGone(_GONE)
        return renamed

    async def delete(self, user: str, name: str) -> SavedFilter:
        """Forget a filter, its blobs, and the job that would learn it. Raises `NoSuchFilter`."""
        found = await self.named(user, name)
        await self._saved.delete(found.id)
        await self._blobs.delete_under(f"{PLACE}/{found.id}")
        if found.job and not found.is_learned:
            with suppress(NoSuchJob, NotYours):
                await self._queue.cancel(found.job, user=user)
        return found

    async def tidy(self) -> None:
        """Drop the blobs of filters that were never saved, or not deleted to the end."""
        newest: dict[str, float] = {}
        for name, changed in (await self._blobs.changes(PLACE)).items():
            id = name.partition("/")[0]
            newest[id] = max(changed, newest.get(id, 0.0))
        old = [id for id, changed in newest.items() if changed < self._clock() - _ORPHAN]
        await self._clear(old)

    async def _clear(self, ids: list[str]) -> None:
        for id in await self._saved.missing(ids):
            await self._blobs.delete_under(f"{PLACE}/{id}")

    async def _new(self, user: str, effect: str, digest: str) -> SavedFilter:
        """A filter without a name; refused here before its picture is stored, as by the store."""
        most = await self._most(user)
        if len(await self._saved.of(user)) >= most:
            raise TooManyFilters.of(most)
        id = self._new_id()
        return SavedFilter(
            id=id, owner=user, name="", effect=effect, digest=digest, picture=_blob(id, "picture")
        )

    async def _most(self, user: str) -> int:
        rules, account = await self._office.rules(), await self._queue.account(user)
        return rules.tiers[account.tier].filters

    async def _save(self, new: SavedFilter, names: Iterable[str]) -> SavedFilter:
        """Save it under the first name that is free, or raise as the last one does."""
        most, refusal = await self._most(new.owner), FilterNameTaken.of("")
        try:
            for name in names:
                try:
                    kept = await self._saved.save(new.model_copy(update={"name": name}), most=most)
                except FilterNameTaken as error:
                    refusal = error
                    continue
                if kept.id != new.id:
                    await self._clear([new.id])
                return kept
            raise refusal
        except UserError:
            await self._clear([new.id])
            raise

    def _numbered(self, stem: str) -> Iterator[str]:
        """ "style-1", "style-2" …"""
        names = (f"{stem}-{number}" for number in itertools.count(1))
        return (name for name in names if loose(name) not in self._reserved)


def _blob(id: str, part: str) -> str:
    return f"{PLACE}/{id}/{part}"
