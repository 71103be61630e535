"""What must be true when the dust has settled."""

from __future__ import annotations

import os
import statistics
from collections import Counter, defaultdict
from pathlib import Path

import redis

from tests.chaos.havoc import RECOVERY
from tests.chaos.people import accepted, delivered
from tests.chaos.plan import COST, PLATFORM, Plan, is_result, owner
from tests.worker.remains import OF_JOBS, OF_WORK, counts_astray, left, processes_of, tracebacks
from tests.worker.runtime_kit import House
from worker.jobs.errors import BlobMissing, NoSuchJob
from worker.jobs.policy import MICRO
from worker.jobs.redis_queue import KEYS


class Verdict:
    """Figures, and the promises that were broken: which, and for which job."""

    def __init__(self, plan: Plan, house: House, client: redis.Redis) -> None:
        self.broken: list[str] = []
        self.figures: dict[str, float] = {}
        self._plan = plan
        self._house = house
        self._client = client

    def is_settled(self) -> bool:
        """Whether all were submitted, have ended and were delivered."""
        submitted = {number for number, _ in accepted(self._house.folder).lines()}
        outbox = self._client.xlen(f"{{atelier}}:outbox:{PLATFORM}")
        return len(submitted) == self._plan.jobs and not left(self._client, *OF_WORK) and not outbox

    async def of_jobs(self) -> None:
        """Every job accepted once, ended once, delivered, with its own result."""
        jobs = self._accepted()
        receipts = defaultdict(set)
        lines = delivered(self._house.folder).lines()
        for job, receipt, kind in lines:
            receipts[job].add(receipt)
            if kind != "done":
                self.broken.append(f"job {job} was not done: {kind}")
        self.figures["jobs accepted"] = len(jobs)
        strangers = set(receipts) - set(jobs.values())
        self.broken += [f"job {job} was never accepted, yet ended" for job in strangers]
        lost = [job for job in jobs.values() if job not in receipts]
        self.figures["jobs lost"] = len(lost)
        twice = [job for job, several in receipts.items() if len(several) > 1]
        self.figures["jobs finished twice"] = len(twice)
        if self._plan.appendfsync == "always":
            self.broken += [f"job {job} was lost: no ending was delivered" for job in lost]
            self.broken += [f"job {job} ended twice" for job in twice]
        # By a deliverer that was killed, or found Redis gone, before it could acknowledge them.
        self.figures["endings delivered a second time"] = len(lines) - sum(
            map(len, receipts.values())
        )
        attempts = [
            await self._attempts(number, job) for number, job in jobs.items() if job in receipts
        ]
        self.figures["jobs that took more than one attempt"] = sum(n > 1 for n in attempts)
        self.figures["most attempts of one job"] = max(attempts, default=0)
        if work := left(self._client, *OF_WORK):
            self.broken.append(f"nothing waits or runs, and yet Redis holds {work}")
        self.broken += counts_astray(self._client)
        await self._of_credits(jobs)
        extra = left(self._client, "jobs").get("jobs", 0) - len(receipts)
        if extra:
            self.broken.append(f"Redis holds {extra:+} jobs beside those that ended")

    async def _of_credits(self, jobs: dict[int, str]) -> None:
        """Each account has paid for its jobs once, holds nothing, and balances."""
        astray = 0
        for user, count in Counter(map(owner, jobs)).items():
            account = await self._house.queue.account(user)
            sums = (account.available, account.held, account.spent, account.expired)
            found = (round(account.held, 6), round(account.spent, 6), round(sum(sums), 6))
            if found != (0, round(count * COST / MICRO, 6), round(account.granted, 6)):
                astray += 1
                self.broken.append(f"credits of {user} are astray: {account}")
        self.figures["accounts with credits astray"] = astray

    def _accepted(self) -> dict[int, str]:
        jobs: dict[int, str] = {}
        for word, job in accepted(self._house.folder).lines():
            if jobs.setdefault(int(word), job) != job:
                self.broken.append(f"request {word} became two jobs, {jobs[int(word)]} and {job}")
        missing = self._plan.jobs - len(jobs)
        if missing:
            self.broken.append(f"{missing} requests were not accepted in time")
        return jobs

    async def _attempts(self, number: int, job: str) -> int:
        try:
            view = await self._house.queue.view(job, user=owner(number))
        except NoSuchJob:
            self.broken.append(f"job {job} is unknown")
            return 0
        if view.ending is None or view.ending.kind != "done":
            self.broken.append(f"job {job} has no result: {view.state} {view.ending}")
            return view.attempt
        try:
            (medium,) = view.ending.media
            if not is_result(number, await self._house.blobs.get(medium.blob)):
                self.broken.append(f"job {job} has another's result")
        except (ValueError, BlobMissing) as error:
            self.broken.append(f"job {job} has no result: {error}")
        return view.attempt

    def of_recoveries(self, seconds: list[float]) -> None:
        """How soon jobs ended again after each absence of Redis."""
        self.figures["recovery after Redis, p50 s"] = round(statistics.median(seconds), 2)
        self.figures["recovery after Redis, max s"] = round(max(seconds), 2)
        if max(seconds) > RECOVERY:
            self.broken.append(f"no job ended within {RECOVERY:.0f} s of Redis' return")

    def of_pictures(self) -> None:
        """Count what was left by who was killed in the middle."""
        known = set(self._client.hkeys(KEYS["jobs"]))
        kinds: Counter[str] = Counter()
        for path in self._files():
            kinds["known" if path.parts[0].encode() in known else "unknown"] += 1
            kinds["half"] += "#" in path.name
        self.figures["files of jobs never submitted"] = kinds["unknown"]
        self.figures["files of attempts cut short"] = kinds["known"] - 2 * len(known)
        self.figures["of these half written"] = kinds["half"]

    def is_swept(self) -> bool:
        """Whether everything was forgotten, and no file is left."""
        self.figures["files left in the end"] = len(self._files())
        return not self.figures["files left in the end"] and not left(self._client, *OF_JOBS)

    def of_sweep(self) -> None:
        """What outlived the last worker's sweep."""
        if not self.is_swept():
            files = [str(path) for path in self._files()[:5]]
            kept = left(self._client, *OF_JOBS)
            self.broken.append(f"not all was swept: Redis {kept}, files {files}")

    def of_processes(self, statuses: list[int]) -> None:
        """Everybody left when told to, took its child along, and never lost its composure."""
        if any(statuses):
            self.broken.append(f"workers that were told to leave ended with {statuses}")
        running = processes_of(self._house.folder)
        self.figures["processes left"] = len(running)
        self.broken += [f"a process is left: {command}" for command in running]
        self.broken += [f"a traceback is in {log}" for log in tracebacks(self._house.folder)]

    def _files(self) -> list[Path]:
        """What the store holds, below its folder; some of it may be vanishing just now."""
        blobs = self._house.folder / "blobs"
        return [
            Path(place, name).relative_to(blobs)
            for place, _, names in os.walk(blobs)
            for name in names
        ]
