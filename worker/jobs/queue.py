"""The queue, as bot and worker see it: one protocol, two builds (Redis, memory)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Protocol

from worker.jobs.model import (
    Account,
    Claim,
    Done,
    Ending,
    Estimate,
    Job,
    JobView,
    Progress,
    Receipt,
    Ticket,
    WorkerInfo,
)


class Queue(Protocol):
    """Every method is one atomic change. All raise `QueueAway` when Redis can't be reached.

    Who is served next is decided in `claim` alone.
    """

    async def wait_until_there(self) -> None:
        """Return when Redis answers. Raises `BadSettings` when it never would, or when a newer
        program than this one has written to it.
        """

    async def submit(self, job: Job, *, key: str) -> Ticket:
        """Queue a job; the same `key` (platform, chat, message) of the same user is the same job.

        Raises `NotYours` when the job's id is another account's, and, by the rules of the user's
        tier, `TooManyWaiting`, `TooManyDeferred`, `QuotaExceeded` and `EffectNotAllowed`;
        `QueueFull`; `Banned`, `EffectPaused`. What was accepted is never refused later.

        Unless it is deferred the job holds its cost in credits. They are spent when it is done,
        and returned, to the day they came from, when it fails; of a cancelled job what it did not
        use is returned.
        """

    async def claim(
        self,
        worker: str,
        effects: Sequence[str],
        *,
        lease: float,
        pool: str = "cpu",
        wait: float = 0.0,
        most: Mapping[str, int] = {},
        warm: Collection[str] = (),
    ) -> list[Claim]:
        """Take the next job that this worker can run, for `lease` seconds, and with it up to
        `most[effect]` in all, 1 where it is missing, that can be run in one batch. Of what may be
        served next an effect that is `warm`, loaded already, is preferred. See `policy`. Nothing
        of a paused effect is taken, nor anything by a worker of a paused pool.

        Nothing is taken, and `NewerWire` raised, once a job was submitted in a newer version of
        the wire: all that waits is left to newer workers.

        A claim whose answer is lost on the way is given back when its lease runs out. With
        nothing to do it sleeps up to `wait` seconds for a wake-up, then returns an empty list.
        """

    async def renew(self, claim: Claim, *, lease: float) -> None:
        """Push the deadline out to now + `lease` seconds. Raises `LeaseLost`.

        A lease that is over holds until somebody reaps it.
        """

    async def progress(self, claim: Claim, progress: Progress) -> None:
        """Publish how far it is. Raises `LeaseLost`."""

    async def finish(self, claim: Claim, done: Done) -> None:
        """End with a result, into the outbox. Raises `LeaseLost` and changes nothing then.

        Said again by the same claim (the answer was lost) it is no error and no second ending.
        A job that was cancelled ends as cancelled, however it leaves its worker: after
        `cancel` has returned no result comes.
        """

    async def fail(
        self, claim: Claim, code: str, message: str, *, retry: bool, **details: str | int | float
    ) -> Ending | None:
        """End without a result. With `retry` the job goes back with its original tag unless it
        has had `max_attempts`; then, or without `retry`, it is a dead letter. Returns the
        ending if there was one. Raises `LeaseLost`.
        """

    async def release(self, claim: Claim) -> None:
        """Give a job back unharmed (a draining worker): original tag, attempt not counted."""

    async def acknowledge_cancel(self, claim: Claim) -> None:
        """The effect has stopped after a cancel; the job ends as cancelled. Raises `LeaseLost`."""

    async def cancel(self, job: str, *, user: str) -> JobView:
        """A waiting job is removed at once; a running one is flagged, and its worker told."""

    async def defer(self, job: str, *, user: str) -> JobView:
        """A waiting job waits for the night from now on, and its credits go back; one that is
        deferred already stays as it is. Raises `NoSuchJob`, `NotYours`, `NotWaiting` and
        `TooManyDeferred`.
        """

    def cancellations(self, worker: str) -> AsyncIterator[str]:
        """Ids of running jobs of this worker that were cancelled, first those flagged already.
        Outlives lost connections; then some may be told twice.
        """

    async def reap(self) -> list[str]:
        """Give back every job whose lease has run out; returns their ids."""

    async def announce(self, worker: WorkerInfo, *, ttl: float) -> bool:
        """Say that a worker is alive for `ttl` seconds more, and what it can run. False when it
        was told to leave: it should claim no more, end what it does, and retire.
        """

    async def retire(self, worker: str) -> None:
        """The worker leaves."""

    async def workers(self) -> list[WorkerInfo]:
        """Those alive now."""

    async def view(self, job: str, *, user: str) -> JobView:
        """Raises `NoSuchJob`, and `NotYours` for another account's."""

    async def jobs_of(self, user: str, *, limit: int = 50) -> list[JobView]:
        """An account's jobs, newest first."""

    async def estimate(self, job: str) -> Estimate:
        """Place and expected time, by replaying the claim policy over a snapshot."""

    async def foresee(self, job: Job) -> Estimate:
        """The estimate that the job would get if it were submitted now."""

    async def price(self, effect: str, guess: float, pixels: int) -> float:
        """Seconds to expect of a job that its effect guesses at `guess` seconds, by what jobs of
        the effect and of about as many pixels took.
        """

    def events(self, platform: str) -> AsyncIterator[Progress]:
        """Progress of the platform's jobs, from now on. Lossy; outlives lost connections."""

    async def outbox(
        self, platform: str, consumer: str, *, count: int = 16, wait: float = 0.0
    ) -> list[Receipt]:
        """Endings not yet acknowledged, oldest first; before what is new come those left by this
        consumer's last process, and those that anybody took and did not acknowledge in a minute.
        No two living processes may share a consumer's name.
        """

    async def acknowledge(self, platform: str, receipt: Receipt) -> None:
        """The ending was delivered; forget it."""

    async def forget(self, *, older_than: float) -> list[str]:
        """Drop jobs that ended more than so many seconds ago and whose ending was acknowledged;
        returns the ids whose blobs may go.
        """

    async def erase(self, user: str, *, who: str) -> list[str]:
        """Forget all of the user's account, with every identity that has joined it; returns the
        ids of its jobs, whose blobs may go. Waiting jobs are withdrawn, running ones stopped, and
        pay as if cancelled; no ending comes. What was used of the day's credits is kept until
        midnight, a ban for good. Raises `NoSuchUser`.

        Each job and then the account is one atomic change: said again it goes on.
        """

    async def account(self, user: str) -> Account:
        """The user's tier and credits, as of now."""

    async def whose(self, identity: str) -> str:
        """The account that this identity has joined, or the identity itself. Jobs and credits
        are the account's; whatever is submitted in the identity's name is, too.
        """

    async def link_code(self, user: str) -> str:
        """A code by which another identity can join this account within ten minutes. There is
        one of an account at a time.
        """

    async def link(self, code: str, *, user: str) -> str:
        """Let the user and all who have joined him join the account whose code this is; returns
        it. Credits become one purse, in which the day's allowance counts once; old jobs stay
        visible to both. Raises `BadCode`, `LinkBusy` and, where either is, `Banned`.
        """

    async def close(self) -> None:
        """Let go of connections."""
