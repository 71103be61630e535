"""What admins may set for one user, within which bounds, and how the audit trail tells of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict

from worker.jobs.errors import NoSuchUser, OutOfRange
from worker.jobs.model import Account, Boost, Person

__all__ = ["DEFAULT_TIER", "PersonCopy", "Terms", "TermsChange"]

DEFAULT_TIER = "free"
"""The tier of whoever was given none."""
_MICRO = 1_000_000

DAILY = (0, 1_000_000)
GRANT = (1, 1_000_000)
FACTOR = (1, 100)
BOOST_SECONDS = (1, 366 * 86_400)
REASON = (1, 200)


class Terms(BaseModel):
    """As it is kept. `daily`: credits a day in place of the tier's; until `ends`, microseconds,
    a job charges its user cost / `factor`, which `boost` says in words; `banned`: the reason. An
    identity that has joined an account has that `account` and nothing else; `links` are those
    that joined this one, parted by blanks.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tier: str = DEFAULT_TIER
    daily: int | None = None
    factor: int = 1
    ends: int = 0
    boost: str = ""
    banned: str = ""
    account: str = ""
    links: str = ""

    @property
    def linked(self) -> list[str]:
        """The identities that have joined this account."""
        return self.links.split()

    def charge(self, cost: int, now: int) -> int:
        """What a job of `cost` moves its user's finish tag by at `now`, in microseconds."""
        return max(1, cost // self.factor) if now < self.ends else cost

    def shown(self, field: str) -> str:
        """A field, as the audit trail shows it."""
        value = getattr(self, field)
        return "" if value is None else str(value)

    def changed(self, values: Mapping[str, str]) -> Terms:
        """With other values; an empty one is as if never set."""
        kept = {**self.model_dump(exclude_defaults=True), **values}
        return Terms.model_validate({name: value for name, value in kept.items() if value != ""})


def joined(into: Terms, name: str, other: Terms, now: int) -> Terms:
    """The terms of an account that `name` with all that is linked to it joins: what admins gave to
    the other is kept where there is nothing like it.
    """
    values = {"links": " ".join([*into.linked, name, *other.linked])}
    kept = other.model_dump(exclude_defaults=True)
    groups = [["factor", "ends", "boost"]] if now >= into.ends else []
    groups += [[field] for field in ("tier", "daily") if field not in into.model_fields_set]
    values |= {field: kept[field] for group in groups for field in group if field in kept}
    return into.model_copy(update=values)


class PersonCopy(BaseModel):
    """An account, to be put into another service: the terms of all its identities, itself first,
    and its sums in microseconds, where it has any. What its jobs held is returned.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    terms: dict[str, Terms]
    ledger: dict[str, int] = {}


@dataclass(frozen=True)
class TermsChange:
    """New `values` of fields; the audit trail calls them `what` and shows the field `shown`.
    Where that is empty before and after, `missing` says so.
    """

    what: str
    shown: str
    values: Mapping[str, str]
    missing: str = ""


def daily_change(user: str, credits: int | None) -> TermsChange:
    """Another allowance; None: the tier's. Raises `NoSuchUser`, `OutOfRange`."""
    check_user(user)
    if credits is not None:
        check_range("credits", credits, DAILY)
    value = "" if credits is None else str(credits)
    return TermsChange("daily", "daily", {"daily": value}, f"{user} has the credits of the tier.")


def boost_change(user: str, factor: int, now: float, seconds: float) -> TermsChange:
    """A boost from now on; factor 1 ends it. Raises `NoSuchUser`, `OutOfRange`."""
    check_user(user)
    check_range("factor", factor, FACTOR)
    values = {"factor": "", "ends": "", "boost": ""}
    if factor > 1:
        check_range("seconds", seconds, BOOST_SECONDS)
        ends = now + seconds
        until = f"{datetime.fromtimestamp(ends, UTC):%Y-%m-%d %H:%M:%S} UTC"
        words = f"{factor} until {until}"
        values = {"factor": str(factor), "ends": str(round(ends * _MICRO)), "boost": words}
    return TermsChange("boost", "boost", values, f"{user} has no boost.")


def ban_change(user: str, reason: str) -> TermsChange:
    """A ban. Raises `NoSuchUser`, `OutOfRange`."""
    check_user(user)
    check_range("letters of the reason", len(reason.strip()), REASON)
    return TermsChange("ban", "banned", {"banned": reason.strip()})


def unban_change(user: str) -> TermsChange:
    """No ban. Raises `NoSuchUser`."""
    check_user(user)
    return TermsChange("ban", "banned", {"banned": ""}, f"{user} is not banned.")


def check_user(user: str) -> None:
    """Raises `NoSuchUser` where this can be nobody's name."""
    if not re.fullmatch(r"[^\s|]{1,200}", user):
        raise NoSuchUser(f"{user!r} is no user's name; one looks like telegram:123.", value=user)


def check_range(name: str, value: float, bounds: tuple[int, int]) -> None:
    """Raises `OutOfRange`."""
    low, high = bounds
    if not low <= value <= high:
        raise OutOfRange(
            f"{name}: must be from {low} to {high}, not {value:.15g}.",
            name=name, low=low, high=high, value=f"{value:.15g}",
        )  # fmt: skip


def credits(micros: int) -> str:
    """Credits, as the audit trail shows them."""
    return f"{micros / _MICRO:.14g}"


def person_of(
    user: str,
    terms: Terms,
    account: Account,
    now: float,
    *,
    waiting: int,
    deferred: int,
    running: int,
) -> Person:
    """A user at `now`, Unix seconds."""
    ends = terms.ends / _MICRO
    return Person(
        user=user,
        tier=terms.tier,
        account=account,
        daily=terms.daily,
        boost=Boost(factor=terms.factor, until=ends) if now < ends else None,
        banned=terms.banned or None,
        linked=tuple(terms.linked),
        waiting=waiting,
        deferred=deferred,
        running=running,
    )
