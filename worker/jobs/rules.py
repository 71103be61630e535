"""What admins may change while all runs: tiers, and the hours of the night.

One frozen document. Who is served next under it is decided in `policy`; here are its bounds and
the arithmetic of its clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from difflib import get_close_matches
from itertools import pairwise
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from worker.jobs.errors import BadRules
from worker.jobs.model import Word
from worker.jobs.people import DEFAULT_TIER, Terms
from worker.jobs.policy import LATER

__all__ = ["Calendar", "Night", "Rules", "Tier", "read_rules"]

_DAY = 24 * 60

Weight = Annotated[int, Field(ge=1, le=1000)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Fault(ValueError):
    """Says where it is."""

    def __init__(self, reason: str, *path: int | str) -> None:
        super().__init__(reason)
        self.path = path


class Tier(_Frozen):
    """What the users of one tier get."""

    day: Weight = 1
    """Share of the service by day, against the weights of the other tiers that are busy."""
    night: Weight = 1
    waiting: int = Field(100, ge=1, le=100_000)
    """Jobs that one user may have waiting."""
    running: int = Field(4, ge=1, le=1000)
    """Jobs that one user may have running at once."""
    daily: int = Field(3600, ge=1, le=1_000_000)
    """Credits that one user gets a day; one is an expected second of the reference worker."""
    deferred: int = Field(20, ge=0, le=1000)
    """Jobs that one user may have waiting for the night; they cost no credits."""
    filters: int = Field(5, ge=0, le=1000)
    """Styles that one user may have saved."""
    effects: tuple[Word, ...] | None = None
    """Those allowed; None: all."""
    side: int | None = Field(None, ge=64, le=16_384)
    """Largest side of a result in pixels; None: as large as the effect allows."""
    steps: int | None = Field(None, ge=1, le=100_000)
    """Most steps; None: as many as the effect allows."""
    night_side: int | None = Field(None, ge=64, le=16_384)
    """The same for work that waits for the night, and not less."""
    night_steps: int | None = Field(None, ge=1, le=100_000)
    offer_after: int | None = Field(None, ge=0, le=86_400)
    """Seconds of waiting after which a heavy job is offered the night instead; None: never."""

    @model_validator(mode="after")
    def _more_by_night(self) -> Self:
        for day, night in (("side", "night_side"), ("steps", "night_steps")):
            most, more = getattr(self, day), getattr(self, night)
            if more is not None and (most is None or most > more):
                raise ValueError(f"{night}, {more}, must not be less than {day}, {most or 'open'}")
        return self


class Night(_Frozen):
    """A window of local time, `begins` ≤ t < `ends`; over midnight where `ends` is the earlier."""

    begins: time
    ends: time

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for name, edge in (("begins", self.begins), ("ends", self.ends)):
            if edge.second or edge.microsecond or edge.tzinfo:
                raise _Fault(f"{edge} must be hours and minutes alone", name)
        if self.begins == self.ends:
            raise ValueError(f"the window {self} is empty")
        return self

    def __str__(self) -> str:
        return f"{self.begins:%H:%M}–{self.ends:%H:%M}"

    def span(self) -> tuple[int, int]:
        """Begin and end in minutes of the day it begins on; the end may lie on the next."""
        begins, ends = (edge.hour * 60 + edge.minute for edge in (self.begins, self.ends))
        return begins, ends if ends > begins else ends + _DAY


class Rules(_Frozen):
    """The whole policy. `version` counts the changes."""

    version: int = Field(0, ge=0)
    zone: str = "UTC"
    """An IANA time zone, such as "Europe/Moscow"; nights are in its time."""
    nights: tuple[Night, ...] = (Night(begins=time(23), ends=time(7)),)
    heavy: int = Field(30, ge=1, le=86_400)
    """Credits above which a job is heavy: those are offered the night."""
    longest: int = Field(20_000, ge=1, le=1_000_000)
    """Jobs that may be waiting in all."""
    reference: Word | None = None
    """The pool whose workers teach what jobs cost; None: all."""
    tiers: Mapping[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,29}$")], Tier] = {
        "free": Tier(
            night=8, side=768, steps=500, night_side=1024, night_steps=1000, offer_after=120
        ),
        "plus": Tier(
            day=3, night=16, waiting=200, running=8, daily=14_400, filters=20, side=1024, steps=1000
        ),
        "pro": Tier(day=6, night=32, waiting=400, running=16, daily=43_200, filters=100),
        "staff": Tier(day=10, night=80, waiting=1000, running=32, daily=86_400, filters=500),
    }

    later: Weight = 1
    """The weight of deferred work by night; by day it only gets what no tier has a use for."""
    slack: int = Field(30, ge=0, le=600)
    """Seconds of service by which a batch or a loaded effect may overtake the fair order; 0: not
    at all.
    """

    paused_effects: tuple[Word, ...] = ()
    """No worker begins their jobs, and no new ones are taken."""
    paused_pools: tuple[Word, ...] = ()
    """Their workers begin nothing."""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        try:
            ZoneInfo(self.zone)
        except (OSError, ValueError, KeyError):
            raise _Fault(f"there is no time zone {self.zone!r}", "zone") from None
        if DEFAULT_TIER not in self.tiers:
            raise _Fault(f"the tier {DEFAULT_TIER!r} is missing", "tiers")
        if LATER in self.tiers:
            raise _Fault(f"{LATER!r} is the name of deferred work, no tier's", "tiers", LATER)
        windows = sorted((*night.span(), index) for index, night in enumerate(self.nights))
        if windows:
            begin, end, index = windows[0]
            windows.append((begin + _DAY, end + _DAY, index))
        for (_, end, one), (begin, _, other) in pairwise(windows):
            if begin < end:
                pair = f"{self.nights[one]} and {self.nights[other]}"
                raise _Fault(f"the windows {pair} overlap", "nights", max(one, other))
        return self

    def is_night(self, now: float) -> bool:
        """Whether a window is open at `now`, Unix seconds."""
        return any(begin <= now < end for begin, end in self._windows(now))

    def next_change(self, now: float) -> float | None:
        """When night next falls or ends, Unix seconds; None when it never does."""
        night = self.is_night(now)
        edges = sorted(edge for window in self._windows(now) for edge in window if edge > now)
        return next((edge for edge in edges if self.is_night(edge) != night), None)

    def following(self, old: Rules) -> Rules:
        """These as a change of the old ones, which keeps tiers that are not named here."""
        tiers = {**old.tiers, **self.tiers}
        return self.model_copy(update={"version": old.version, "tiers": tiers})

    def open_to(self, pool: str, effects: Iterable[str]) -> list[str]:
        """Those of the effects whose jobs a worker of the pool may begin."""
        if pool in self.paused_pools:
            return []
        return [effect for effect in effects if effect not in self.paused_effects]

    def daily(self, terms: Terms) -> int:
        """Credits that this user gets a day."""
        return self.tiers[terms.tier].daily if terms.daily is None else terms.daily

    def running(self) -> dict[str, int]:
        """Tier -> jobs of one user that may run at once."""
        return {name: tier.running for name, tier in self.tiers.items()}

    def weights(self, now: float) -> dict[str, int]:
        """Class -> weight at `now`: of the tiers, and of deferred work, 0 while it is closed."""
        night = self.is_night(now)
        weights = {name: tier.night if night else tier.day for name, tier in self.tiers.items()}
        return weights | {LATER: self.later if night else 0}

    def date(self, now: float) -> tuple[int, float]:
        """The number of the zone's day at `now`, and its end, Unix seconds."""
        zone = ZoneInfo(self.zone)
        today = datetime.fromtimestamp(now, zone).date()
        midnight = datetime.combine(today + timedelta(1), time())
        return today.toordinal(), _instant(midnight, zone)

    def _windows(self, now: float) -> list[tuple[float, float]]:
        """The windows about `now` as instants; one swallowed by a change of clocks is left out."""
        zone = ZoneInfo(self.zone)
        today = datetime.fromtimestamp(now, zone).date()
        windows = []
        for days in range(-2, 4):
            midnight = datetime.combine(today + timedelta(days), time())
            for night in self.nights:
                begin, end = (
                    _instant(midnight + timedelta(minutes=minutes), zone)
                    for minutes in night.span()
                )
                if begin < end:
                    windows.append((begin, end))
        return windows


class Calendar:
    """The tiers' weights and the date at any time; reckons only when they change."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        # from when to when it holds; each set at once, since replays of long queues are in a thread
        self._hours: tuple[float, float, dict[str, int]] = (0.0, 0.0, {})
        self._day: tuple[float, float, int] = (0.0, 0.0, 0)

    def weights(self, now: float) -> dict[str, int]:
        """Class -> weight at `now`, Unix seconds; see `Rules.weights`."""
        since, until, weights = self._hours
        if not since <= now < until:
            weights = self.rules.weights(now)
            change = self.rules.next_change(now)
            self._hours = now, now + 3600 if change is None else change, weights
        return weights

    def date(self, now: float) -> tuple[int, float]:
        """The number of the zone's day at `now`, and its end, Unix seconds."""
        since, midnight, date = self._day
        if not since <= now < midnight:
            date, midnight = self.rules.date(now)
            self._day = now, midnight, date
        return date, midnight


def _instant(local: datetime, zone: ZoneInfo) -> float:
    """Unix seconds of a local time: the first, if clocks go back over it; the moment of the
    change, if they leap over it.
    """
    after = local.replace(tzinfo=zone).timestamp()
    if datetime.fromtimestamp(after, zone).replace(tzinfo=None) == local:
        return after
    before = local.replace(tzinfo=zone, fold=1).timestamp()
    offset = datetime.fromtimestamp(after, zone).utcoffset()
    while after - before > 1:
        middle = (after + before) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after


def read_rules(document: Any) -> Rules:
    """Rules from what JSON or TOML holds. Raises `BadRules`, one sentence on the first fault."""
    try:
        return Rules.model_validate(document)
    except ValidationError as error:
        fault = error.errors()[0]
        path = tuple(part for part in fault["loc"] if part != "[key]")
        path += getattr(fault.get("ctx", {}).get("error"), "path", ())
        raise BadRules(_sentence(fault), path) from None


def _sentence(fault: ErrorDetails) -> str:
    path = ".".join(str(part) for part in fault["loc"] if part != "[key]")
    if fault["type"] == "extra_forbidden":
        wrong = str(fault["loc"][-1])
        fields = {*Rules.model_fields, *Tier.model_fields, *Night.model_fields}
        near = get_close_matches(wrong, sorted(fields), 1)
        return f"There is no field {path}" + (f"; {near[0]} may be meant." if near else ".")
    if fault["type"] == "value_error":
        reason = str(fault["ctx"]["error"])
        return f"{path}: {reason}." if path else f"{reason[0].upper()}{reason[1:]}."
    limits = _limits(fault["loc"])
    allowed = f"from {limits[0]} to {limits[1]}, not {fault['input']!r}" if limits else ""
    return f"{path}: {'must be ' + allowed if allowed else fault['msg']}."


def _limits(path: tuple[int | str, ...]) -> tuple[int, int] | None:
    """The range of a tier's field, or of one of the rules themselves."""
    model = Tier if path[:1] == ("tiers",) else Rules
    field = model.model_fields.get(str(path[-1]))
    bounds = field.metadata if field else []
    low = next((bound.ge for bound in bounds if hasattr(bound, "ge")), None)
    high = next((bound.le for bound in bounds if hasattr(bound, "le")), None)
    return None if low is None or high is None else (low, high)
