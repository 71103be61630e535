"""The queue on Redis. Every state change is one atomic script; see `scripts/common.lua`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from redis.asyncio import Redis

from worker.jobs import endings
from worker.jobs.errors import (
    BadSettings,
    LeaseLost,
    NoSuchJob,
    NotWaiting,
    NotYours,
)
from worker.jobs.forecast import Crowd, Forecast
from worker.jobs.keys import KEYS
from worker.jobs.link_codes import new_code
from worker.jobs.model import (
    WIRE,
    Account,
    Estimate,
    Job,
    JobView,
    Progress,
    Receipt,
    Ticket,
    WorkerInfo,
    newer_wire,
)
from worker.jobs.queue_metrics import EXPIRED
from worker.jobs.records import read_views
from worker.jobs.redis_leases import micro, progress_channel
from worker.jobs.redis_links import RedisLinks
from worker.jobs.redis_office import RedisOffice
from worker.jobs.schedule import PROMISED
from worker.jobs.tide import slot_of

__all__ = ["KEYS", "RedisQueue"]

_FORGET = 500


class RedisQueue(RedisLinks):
    """See `worker.jobs.queue.Queue`. `redelivery`: seconds after which an ending that was handed
    out and not acknowledged is handed out again. With a `clock` (Unix seconds) its time counts,
    else the server's.
    """

    def __init__(
        self,
        url: str,
        *,
        clock: Callable[[], float] | None = None,
        redelivery: float = 60.0,
        make_code: Callable[[], str] = new_code,
    ) -> None:
        super().__init__(url, clock, redelivery, make_code)
        self.office = RedisOffice(self._connection, KEYS, self._rulebook, self._clock)
        self._blind = False
        self._crowd = Crowd()
        self._forecast = Forecast(self._connection, self._rulebook, KEYS)

    @property
    def client(self) -> Redis:
        """The connection, for what others keep beside the queue."""
        return self._connection.client

    async def wait_until_there(self) -> None:
        """Return when Redis answers. Raises `BadSettings` when it never would, or when a newer
        program than this one has written to it.
        """
        await self._connection.wait_until_there()
        wire = await self._rulebook.wire()
        if wire > WIRE:
            raise BadSettings(f"{newer_wire(wire)}; install a newer one here, too.")

    async def submit(self, job: Job, *, key: str) -> Ticket:
        """Queue a job; the same `key` of the same user is the same job."""
        now, seconds = self._now(), self._seconds()
        date, midnight = self._rulebook.calendar.date(seconds)
        with self._crowd.join() as crowded:
            verdict, *rest = await self._connection.run(
                "submit", now, 0 if crowded else PROMISED, job.id, job.model_dump_json(), job.user,
                key, job.effect, job.cost, job.max_attempts, self._rulebook.rules.version,
                str(date), self._rulebook.rules.longest, job.company,
                "1" if job.deferred else "", slot_of(date, midnight, seconds)[1],
                "1" if job.effect in self._rulebook.rules.paused_effects else "", job.v,
            )  # fmt: skip
        match verdict:
            case "not_yours":
                raise NotYours(endings.NOT_YOURS)
            case "effect":
                raise endings.effect_not_allowed(job.effect, rest[0])
            case "waiting":
                raise endings.too_many_waiting(int(rest[0]))
            case "full":
                raise endings.queue_full(await self._forecast.room(now))
            case "paused":
                raise endings.effect_paused(job.effect)
            case "joined":
                return await self.submit(job.model_copy(update={"user": rest[0]}), key=key)
            case "banned":
                raise endings.banned(rest[0])
            case "deferred":
                raise endings.too_many_deferred(*map(int, rest))
            case "quota":
                raise endings.quota_exceeded(job.cost, int(rest[0]), midnight - seconds)
            case "stale":
                await self._rulebook.load()
                return await self.submit(job, key=key)
        name, raw, *known = rest
        if raw:
            estimate = await self._forecast.judge(name, raw, *known, crowded=crowded)
        else:
            estimate = await self._forecast.of_waiting(name, job, *known, crowded=crowded)
        return Ticket(job=name, place=estimate.place, seconds=estimate.seconds, fresh=not raw)

    async def cancel(self, job: str, *, user: str) -> JobView:
        """Remove a waiting job; flag a running one."""
        view = await self.view(job, user=user)
        reply = await self._connection.run(
            "cancel", self._now(), job, user, more=[self._outbox.key(view.job.platform)]
        )
        if reply is None:
            raise NoSuchJob(endings.UNKNOWN)
        return await self.view(job, user=user)

    async def defer(self, job: str, *, user: str) -> JobView:
        """Let a waiting job wait for the night."""
        view = await self.view(job, user=user)
        deferred = view.job.model_copy(update={"deferred": True})
        reply = await self._connection.run(
            "defer", self._now(), job, user, deferred.model_dump_json()
        )
        if reply is None:
            raise NoSuchJob(endings.UNKNOWN)
        if reply == "not_waiting":
            raise NotWaiting(endings.NOT_WAITING)
        if reply != "ok":
            raise endings.too_many_deferred(*map(int, reply))
        return await self.view(job, user=user)

    async def cancellations(self, worker: str) -> AsyncIterator[str]:
        """Ids of running jobs of this worker that were cancelled. After a lost connection some
        may be told again.
        """
        flagged = KEYS["flagged"]
        async for job in self._connection.listen(f"{flagged}:{worker}"):
            if job is not None:
                yield job
                continue
            members = await self._connection.read(
                lambda client: client.zrangebylex(flagged, f"[{worker}|", f"({worker}}}")
            )
            for member in members:
                yield member.partition("|")[2]

    async def reap(self) -> list[str]:
        """Give back every job whose lease has run out. After Redis was away the first round lets
        the living renew theirs, which they could not meanwhile, and takes none.
        """
        blind, self._blind = self._blind, True
        now = await self._time()
        late = await self._connection.read(
            lambda client: client.zrangebyscore(KEYS["leases"], "-inf", now)
        )
        self._blind = False
        if blind:
            return []
        reaped = []
        for view in await read_views(
            self._connection, KEYS, sorted(member.partition("|")[0] for member in late)
        ):
            job = view.job
            try:
                await self._settle(job, "", "expire", endings.lease_expired(job))
            except LeaseLost:
                continue  # renewed or ended meanwhile
            reaped.append(job.id)
            EXPIRED.inc()
        return reaped

    async def announce(self, worker: WorkerInfo, *, ttl: float) -> bool:
        """Say that a worker is alive, and what it can run."""
        return bool(
            await self._connection.run(
                "announce", self._now(), worker.name, micro(ttl), worker.model_dump_json()
            )
        )

    async def retire(self, worker: str) -> None:
        """The worker leaves."""
        await self._connection.run("retire", worker)

    async def workers(self) -> list[WorkerInfo]:
        """Those alive now, by name."""
        now = await self._time()

        async def ask(client: Any) -> tuple[list[str | None], set[str]]:
            names = await client.zrangebyscore(KEYS["alive"], f"({now}", "+inf")
            infos = await client.hmget(KEYS["workers"], sorted(names)) if names else []
            return infos, await client.smembers(KEYS["draining"])

        raw, leaving = await self._connection.read(ask)
        infos = [WorkerInfo.model_validate_json(info) for info in raw if info]
        return [info.model_copy(update={"leaving": info.name in leaving}) for info in infos]

    async def view(self, job: str, *, user: str) -> JobView:
        """All that is known of a job."""
        views = await read_views(self._connection, KEYS, [job])
        if not views:
            raise NoSuchJob(endings.UNKNOWN)
        owner = views[0].job.user
        if owner != user and await self.whose(owner) != await self.whose(user):
            raise NotYours(endings.NOT_YOURS)
        return views[0]

    async def jobs_of(self, user: str, *, limit: int = 50) -> list[JobView]:
        """An account's jobs, newest first."""
        names = await self._identities(user)

        async def ask(client: Any) -> list[str]:
            members: list[str] = []
            for name in names:
                members += await client.zrevrangebylex(
                    KEYS["owned"], f"({name}}}", f"[{name}|", start=0, num=limit
                )
            return members

        members = await self._connection.read(ask)
        rows = sorted((member.split("|")[1:] for member in members), reverse=True)
        return await read_views(self._connection, KEYS, [job for _, job in rows[:limit]])

    async def estimate(self, job: str) -> Estimate:
        """Place and expected time."""
        return await self._forecast.of(job, self._now())

    async def foresee(self, job: Job) -> Estimate:
        """The estimate that the job would get now."""
        owned = job.model_copy(update={"user": await self.whose(job.user)})
        return await self._forecast.foresee(owned, self._now())

    async def price(self, effect: str, guess: float, pixels: int) -> float:
        """Seconds to expect of a job, by what was learned."""
        return (await self._forecast.speeds()).price(effect, guess, pixels)

    async def events(self, platform: str) -> AsyncIterator[Progress]:
        """Progress of the platform's jobs, from now on."""
        async for message in self._connection.listen(progress_channel(platform)):
            if message is not None:
                yield Progress.model_validate_json(message)

    async def outbox(
        self, platform: str, consumer: str, *, count: int = 16, wait: float = 0.0
    ) -> list[Receipt]:
        """Endings not yet acknowledged. No two living processes may have one consumer's name."""
        return await self._outbox.take(platform, consumer, count=count, wait=wait)

    async def acknowledge(self, platform: str, receipt: Receipt) -> None:
        """The ending was delivered."""
        await self._outbox.acknowledge(platform, receipt)

    async def forget(self, *, older_than: float) -> list[str]:
        """Drop jobs that ended long ago and whose ending was delivered."""
        forgotten: list[str] = []
        while True:
            some = await self._connection.run("forget", self._now(), micro(older_than), _FORGET)
            forgotten += some
            if len(some) < _FORGET:
                return forgotten

    async def account(self, user: str) -> Account:
        """The user's tier and credits, as of now."""
        return await self.office.account(user)

    async def close(self) -> None:
        """Let go of connections."""
        await self._wakeups.close()
        await self._connection.close()
