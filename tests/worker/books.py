"""What must be so by the answers that a queue has given: a model with neither order nor scripts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tests.worker.laws import MICRO
from worker.jobs.model import Claim, Job, State


@dataclass
class Entry:
    """A job. `date`: the day whose credits it holds; `token`: of who holds it, or ended it."""

    job: Job
    key: str
    date: int
    state: State = State.WAITING
    attempt: int = 0
    tokens: set[str] = field(default_factory=set)
    token: str = ""
    started: float = 0.0
    deadline: float = 0.0
    flagged: float | None = None
    tried: bool = False
    free: bool = False
    dead: bool = False
    delivered: bool = False
    ended: float = 0.0

    @property
    def finished(self) -> bool:
        """Whether it has ended."""
        return self.state not in (State.WAITING, State.RUNNING)

    @property
    def hold(self) -> int:
        """Credits that it holds, in microseconds."""
        return 0 if self.finished or self.job.deferred or self.free else self.job.cost


class Books:
    """All jobs, the endings each has had, and where the credits of each user went."""

    def __init__(self) -> None:
        self.jobs: dict[str, Entry] = {}
        self.endings: Counter[str] = Counter()
        self.spent: Counter[str] = Counter()
        self.given: Counter[str] = Counter()
        """Bonus of this step."""
        self.late: Counter[str] = Counter()
        """What went back in this step to a day that is over."""

    def of(self, user: str) -> list[Entry]:
        """The user's jobs."""
        return [entry for entry in self.jobs.values() if entry.job.user == user]

    def running(self, line: tuple[str, bool]) -> int:
        """How many jobs of a user's line run, deferred or not."""
        return sum(
            entry.state is State.RUNNING and (entry.job.user, entry.job.deferred) == line
            for entry in self.jobs.values()
        )

    def holds(self, claim: Claim) -> bool:
        """Whether the job is leased under this claim."""
        entry = self.jobs.get(claim.job.id)
        return bool(entry and entry.state is State.RUNNING and entry.token == claim.token)

    def ended_by(self, claim: Claim) -> bool:
        """Whether it was this claim that ended the job."""
        entry = self.jobs.get(claim.job.id)
        return bool(entry and entry.finished and entry.token == claim.token)

    def claim(self, claim: Claim, now: float) -> None:
        """It was leased."""
        entry = self.jobs[claim.job.id]
        assert entry.state is State.WAITING
        assert claim.job == entry.job
        assert claim.token not in entry.tokens
        entry.attempt += 1
        assert claim.attempt == entry.attempt <= entry.job.max_attempts
        entry.state, entry.token = State.RUNNING, claim.token
        entry.tokens.add(claim.token)
        entry.started, entry.deadline = now, claim.deadline

    def leave(self, entry: Entry, state: State, now: float, date: int) -> None:
        """A running job left its worker: it ended so, or waits again if attempts are left."""
        if entry.flagged is not None:
            state = State.CANCELLED
        elif state is State.WAITING and entry.attempt >= entry.job.max_attempts:
            state = State.FAILED
        if state is not State.WAITING:
            self.end(entry, state, now, date)
            return
        entry.state, entry.token, entry.tried = State.WAITING, "", True

    def release(self, entry: Entry, now: float, date: int) -> None:
        """Its worker gave it back unharmed."""
        if entry.flagged is not None:
            self.end(entry, State.CANCELLED, now, date)
        else:
            entry.state, entry.token, entry.attempt = State.WAITING, "", entry.attempt - 1

    def end(self, entry: Entry, state: State, now: float, date: int) -> None:
        """It has ended so; of what it held, what it used is spent."""
        used = entry.hold if state is State.DONE else 0
        if state is State.CANCELLED and entry.flagged is not None:
            used = min(entry.hold, round((entry.flagged - entry.started) * MICRO))
        self.spent[entry.job.user] += used
        self._give_back(entry, used, date)
        entry.state, entry.ended, entry.dead = state, now, state is State.FAILED
        self.endings[entry.job.id] += 1

    def defer(self, entry: Entry, job: Job, date: int) -> None:
        """It waits for the night."""
        self._give_back(entry, 0, date)
        entry.job = job

    def retry(self, entry: Entry) -> None:
        """A dead letter waits again."""
        entry.state, entry.token, entry.attempt = State.WAITING, "", 0
        entry.dead = entry.delivered = False
        entry.free = entry.tried = True

    def _give_back(self, entry: Entry, used: int, date: int) -> None:
        if entry.date != date:
            self.late[entry.job.user] += entry.hold - used
