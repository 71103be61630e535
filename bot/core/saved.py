"""Saved filters: a style that a person has kept under a name, and what was learned of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from effects.errors import UserError
from worker.jobs.link_codes import new_code

__all__ = ["FilterNameTaken", "MemorySavedFilters", "SavedFilter", "SavedFilters", "TooManyFilters"]


class FilterNameTaken(UserError):
    """The owner has another filter of this `name`."""

    code = "filter_name_taken"

    @classmethod
    def of(cls, name: str) -> FilterNameTaken:
        """Of this name."""
        return cls(f"you have another filter {name!r}", name=name)


class TooManyFilters(UserError):
    """The owner has as many filters as the tier allows, `limit`."""

    code = "too_many_filters"

    @classmethod
    def of(cls, limit: int) -> TooManyFilters:
        """With this limit."""
        return cls(f"you have as many filters as you may have: {limit}", limit=limit)


class SavedFilter(BaseModel):
    """One account's filter. It is learned as soon as it has vectors."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    """Unguessable; all its blobs are under "filters/" + id."""
    owner: str
    """An account."""
    name: str
    """As `bot.core.filter_names` makes it."""
    effect: str
    """That it is a filter of."""
    digest: str
    """Of the picture as it was sent: the same one is the same style."""
    picture: str
    """Blob name."""
    code: str = ""
    """By which others may have a copy."""
    job: str = ""
    """That learns it, or is about to; "": none was ever begun."""
    vectors: str = ""
    """Blob name."""
    thumbnail: str = ""
    """Blob name."""

    @property
    def is_learned(self) -> bool:
        """Whether its effect can use it."""
        return bool(self.vectors)


class SavedFilters(Protocol):
    """Where they are kept. Every method is one atomic change; all raise `QueueAway` when Redis
    can't be reached.
    """

    async def of(self, owner: str) -> list[SavedFilter]:
        """The owner's, oldest first."""

    async def with_job(self, job: str) -> SavedFilter | None:
        """The one that this job learns."""

    async def with_code(self, code: str) -> SavedFilter | None:
        """The one with this code."""

    async def missing(self, ids: Sequence[str]) -> list[str]:
        """Those of the ids that no filter has."""

    async def save(self, new: SavedFilter, *, most: int) -> SavedFilter:
        """Keep it under a code of its own; when the owner has one of the same name and digest,
        that one is returned. Raises `FilterNameTaken`, and `TooManyFilters` when the owner has
        `most`.
        """

    async def rename(self, id: str, name: str) -> SavedFilter | None:
        """Give it another name; None when it is gone. Raises `FilterNameTaken`."""

    async def begin(self, id: str, job: str) -> SavedFilter | None:
        """From now on this job learns it; None when it is gone."""

    async def learn(self, id: str, *, job: str, vectors: str, thumbnail: str) -> SavedFilter | None:
        """The job has learned it. None when it is gone, or another job has begun since."""

    async def delete(self, id: str) -> SavedFilter | None:
        """Forget it; None when it was gone already."""

    async def gather(self, owner: str, others: Sequence[str]) -> None:
        """Make the owner's what others had. A name that is taken gets a number; no limit counts."""

    def all(self) -> AsyncIterator[SavedFilter]:
        """Every filter of everybody, in any order."""

    async def restore(self, one: SavedFilter) -> bool:
        """Keep a filter as it was copied, unless there is one with its id; returns whether it did.
        A name that is taken gets a number, a code that is another one; no limit counts.
        """


class MemorySavedFilters:
    """Filters in this process."""

    def __init__(self, make_code: Callable[[], str] = new_code) -> None:
        """`make_code` draws an unguessable code."""
        self._make_code = make_code
        self._filters: dict[str, SavedFilter] = {}

    async def of(self, owner: str) -> list[SavedFilter]:
        """See `SavedFilters`."""
        return self._of(owner)

    def _of(self, owner: str) -> list[SavedFilter]:
        return [each for each in self._filters.values() if each.owner == owner]

    async def with_job(self, job: str) -> SavedFilter | None:
        """See `SavedFilters`."""
        return next((each for each in self._filters.values() if each.job == job != ""), None)

    async def with_code(self, code: str) -> SavedFilter | None:
        """See `SavedFilters`."""
        return next((each for each in self._filters.values() if each.code == code), None)

    async def missing(self, ids: Sequence[str]) -> list[str]:
        """See `SavedFilters`."""
        return [id for id in ids if id not in self._filters]

    async def save(self, new: SavedFilter, *, most: int) -> SavedFilter:
        """See `SavedFilters`."""
        own = {each.name: each for each in self._of(new.owner)}
        if same := own.get(new.name):
            if same.digest == new.digest:
                return same
            raise FilterNameTaken.of(new.name)
        if len(own) >= most:
            raise TooManyFilters.of(most)
        codes = {each.code for each in self._filters.values()}
        while (code := self._make_code()) in codes:
            pass
        return self._put(new, code=code)

    async def rename(self, id: str, name: str) -> SavedFilter | None:
        """See `SavedFilters`."""
        if (old := self._filters.get(id)) is None:
            return None
        if any(each.name == name and each.id != id for each in self._of(old.owner)):
            raise FilterNameTaken.of(name)
        return self._put(old, name=name)

    async def begin(self, id: str, job: str) -> SavedFilter | None:
        """See `SavedFilters`."""
        old = self._filters.get(id)
        return None if old is None else self._put(old, job=job)

    async def learn(self, id: str, *, job: str, vectors: str, thumbnail: str) -> SavedFilter | None:
        """See `SavedFilters`."""
        old = self._filters.get(id)
        if old is None or old.job != job:
            return None
        return self._put(old, vectors=vectors, thumbnail=thumbnail)

    async def delete(self, id: str) -> SavedFilter | None:
        """See `SavedFilters`."""
        return self._filters.pop(id, None)

    async def gather(self, owner: str, others: Sequence[str]) -> None:
        """See `SavedFilters`."""
        for other in others:
            for each in self._of(other):
                names = {own.name for own in self._of(owner)}
                name, number = each.name, 1
                while name in names:
                    number += 1
                    name = f"{each.name}-{number}"
                del self._filters[each.id]  # to the end of the line
                self._put(each, owner=owner, name=name)

    async def all(self) -> AsyncIterator[SavedFilter]:
        """See `SavedFilters`."""
        for each in list(self._filters.values()):
            yield each

    async def restore(self, one: SavedFilter) -> bool:
        """See `SavedFilters`."""
        if one.id in self._filters:
            return False
        names = {own.name for own in self._of(one.owner)}
        name, number, code = one.name, 1, one.code
        while name in names:
            number += 1
            name = f"{one.name}-{number}"
        codes = {each.code for each in self._filters.values()}
        while code in codes:
            code = self._make_code()
        self._put(one, name=name, code=code)
        return True

    def _put(self, old: SavedFilter, **values: str) -> SavedFilter:
        self._filters[old.id] = old.model_copy(update=values)
        return self._filters[old.id]
