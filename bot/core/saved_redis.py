"""Saved filters that survive a restart."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from bot.core.saved import FilterNameTaken, SavedFilter, TooManyFilters
from bot.core.session import away
from worker.jobs.link_codes import new_code

__all__ = ["RedisSavedFilters"]

_KEYS = tuple(f"{{atelier}}:filters{part}" for part in ("", ":owners", ":codes", ":jobs"))
_SHARED = """
local FILTERS, OWNERS, CODES, JOBS = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local function ids_of(owner)
  local ids = {}
  for id in string.gmatch(redis.call('HGET', OWNERS, owner) or '', '%S+') do ids[#ids + 1] = id end
  return ids
end
local function set_ids(owner, ids)
  if #ids == 0 then redis.call('HDEL', OWNERS, owner)
  else redis.call('HSET', OWNERS, owner, table.concat(ids, ' ')) end
end
local function find(id)
  local raw = redis.call('HGET', FILTERS, id)
  return raw and cjson.decode(raw)
end
local function put(one)
  local raw = cjson.encode(one)
  redis.call('HSET', FILTERS, one.id, raw)
  return raw
end
local function named(owner, name)
  for _, id in ipairs(ids_of(owner)) do
    local one = find(id)
    if one.name == name then return one end
  end
end
"""
_OF = """
local found = {}
for i, id in ipairs(ids_of(ARGV[1])) do found[i] = redis.call('HGET', FILTERS, id) end
return found
"""
_WITH = """
local id = redis.call('HGET', ARGV[1] == 'job' and JOBS or CODES, ARGV[2])
return id and redis.call('HGET', FILTERS, id)
"""
_MISSING = """
local missing = {}
for _, id in ipairs(ARGV) do
  if redis.call('HEXISTS', FILTERS, id) == 0 then missing[#missing + 1] = id end
end
return missing
"""
_SAVE = """
local new, ids = cjson.decode(ARGV[1]), nil
local same = named(new.owner, new.name)
if same then return same.digest == new.digest and cjson.encode(same) or 'taken' end
ids = ids_of(new.owner)
if #ids >= tonumber(ARGV[2]) then return 'full' end
if redis.call('HSETNX', CODES, new.code, new.id) == 0 then return 'code' end
if new.job ~= '' then redis.call('HSET', JOBS, new.job, new.id) end
ids[#ids + 1] = new.id
set_ids(new.owner, ids)
return put(new)
"""
_RENAME = """
local one = find(ARGV[1])
if not one then return nil end
local same = named(one.owner, ARGV[2])
if same and same.id ~= one.id then return 'taken' end
one.name = ARGV[2]
return put(one)
"""
_BEGIN = """
local one = find(ARGV[1])
if not one then return nil end
if one.job ~= '' then redis.call('HDEL', JOBS, one.job) end
one.job = ARGV[2]
redis.call('HSET', JOBS, one.job, one.id)
return put(one)
"""
_LEARN = """
local one = find(ARGV[1])
if not one or one.job ~= ARGV[2] then return nil end
one.vectors, one.thumbnail = ARGV[3], ARGV[4]
return put(one)
"""
_DELETE = """
local one = find(ARGV[1])
if not one then return nil end
local left = {}
for _, id in ipairs(ids_of(one.owner)) do
  if id ~= one.id then left[#left + 1] = id end
end
set_ids(one.owner, left)
redis.call('HDEL', CODES, one.code)
if one.job ~= '' then redis.call('HDEL', JOBS, one.job) end
redis.call('HDEL', FILTERS, one.id)
return cjson.encode(one)
"""
_RESTORE = """
local new = cjson.decode(ARGV[1])
if redis.call('HEXISTS', FILTERS, new.id) == 1 then return 'known' end
if redis.call('HSETNX', CODES, new.code, new.id) == 0 then return 'code' end
local name, number = new.name, 1
while named(new.owner, new.name) do
  number = number + 1
  new.name = name .. '-' .. number
end
if new.job ~= '' then redis.call('HSET', JOBS, new.job, new.id) end
local ids = ids_of(new.owner)
ids[#ids + 1] = new.id
set_ids(new.owner, ids)
return put(new)
"""
_GATHER = """
local owner, ids = ARGV[1], ids_of(ARGV[1])
for i = 2, #ARGV do
  for _, id in ipairs(ids_of(ARGV[i])) do
    local one = find(id)
    local name, number = one.name, 1
    while named(owner, name) do
      number = number + 1
      name = one.name .. '-' .. number
    end
    one.owner, one.name = owner, name
    put(one)
    ids[#ids + 1] = id
    set_ids(owner, ids)
  end
  redis.call('HDEL', OWNERS, ARGV[i])
end
"""


class RedisSavedFilters:
    """Four hashes: id -> JSON, owner -> ids parted by blanks, code -> id, job -> id."""

    def __init__(self, redis: Any, make_code: Callable[[], str] = new_code) -> None:
        """`redis` is a `redis.asyncio.Redis` that decodes; `make_code` draws an unguessable
        code.
        """
        self._redis = redis
        self._make_code = make_code

    async def of(self, owner: str) -> list[SavedFilter]:
        """See `SavedFilters`."""
        return [SavedFilter.model_validate_json(raw) for raw in await self._run(_OF, owner)]

    async def with_job(self, job: str) -> SavedFilter | None:
        """See `SavedFilters`."""
        return _read(await self._run(_WITH, "job", job))

    async def with_code(self, code: str) -> SavedFilter | None:
        """See `SavedFilters`."""
        return _read(await self._run(_WITH, "code", code))

    async def missing(self, ids: Sequence[str]) -> list[str]:
        """See `SavedFilters`."""
        return list(await self._run(_MISSING, *ids))

    async def save(self, new: SavedFilter, *, most: int) -> SavedFilter:
        """See `SavedFilters`."""
        said = "code"
        while said == "code":
            coded = new.model_copy(update={"code": self._make_code()})
            said = await self._run(_SAVE, coded.model_dump_json(), str(most))
        if said == "taken":
            raise FilterNameTaken.of(new.name)
        if said == "full":
            raise TooManyFilters.of(most)
        return SavedFilter.model_validate_json(said)

    async def rename(self, id: str, name: str) -> SavedFilter | None:
        """See `SavedFilters`."""
        said = await self._run(_RENAME, id, name)
        if said == "taken":
            raise FilterNameTaken.of(name)
        return _read(said)

    async def begin(self, id: str, job: str) -> SavedFilter | None:
        """See `SavedFilters`."""
        return _read(await self._run(_BEGIN, id, job))

    async def learn(self, id: str, *, job: str, vectors: str, thumbnail: str) -> SavedFilter | None:
        """See `SavedFilters`."""
        return _read(await self._run(_LEARN, id, job, vectors, thumbnail))

    async def delete(self, id: str) -> SavedFilter | None:
        """See `SavedFilters`."""
        return _read(await self._run(_DELETE, id))

    async def gather(self, owner: str, others: Sequence[str]) -> None:
        """See `SavedFilters`."""
        await self._run(_GATHER, owner, *others)

    async def all(self) -> AsyncIterator[SavedFilter]:
        """See `SavedFilters`."""
        with away():
            async for _, raw in self._redis.hscan_iter(_KEYS[0]):
                yield SavedFilter.model_validate_json(raw)

    async def restore(self, one: SavedFilter) -> bool:
        """See `SavedFilters`."""
        while (said := await self._run(_RESTORE, one.model_dump_json())) == "code":
            one = one.model_copy(update={"code": self._make_code()})
        return bool(said != "known")

    async def _run(self, script: str, *args: str) -> Any:
        with away():
            return await self._redis.eval(_SHARED + script, len(_KEYS), *_KEYS, *args)


def _read(raw: str | None) -> SavedFilter | None:
    return None if raw is None else SavedFilter.model_validate_json(raw)
