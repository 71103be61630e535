"""Users: what they have and may do, and its changes."""

from __future__ import annotations

from collections.abc import Awaitable

from bot.core.admin.desk import Desk, when
from bot.core.admin.refusal import Refusal, choose
from bot.core.admin.values import NONE, read_identity, read_integer, read_span
from worker.jobs.errors import NothingToChange
from worker.jobs.people import BOOST_SECONDS, DAILY, FACTOR, GRANT, REASON

__all__ = ["ban", "boost", "forget", "grant", "set_quota", "set_tier", "show_user", "unban"]

_DEFAULT = ("default", "обычно")
_FACTOR = (2, FACTOR[1])
_OFF = (*NONE, "off", "выкл")


async def show_user(desk: Desk, words: list[str]) -> str:
    """`user telegram:123`."""
    user = read_identity(words[0])
    person = await desk.office.person(user)
    rules = await desk.office.rules()
    account = person.account
    lines = [
        desk.say(
            "admin-user-credits",
            left=round(account.available),
            allowance=round(account.allowance),
            held=round(account.held),
            bonus=round(account.bonus),
            time=desk.duration(account.refill),
        )
    ]
    if person.daily is not None:
        lines.append(desk.say("admin-user-daily", credits=person.daily))
    if person.boost is not None:
        until = when(person.boost.until, rules)
        lines.append(desk.say("admin-user-boost", factor=person.boost.factor, until=until))
    if person.banned:
        lines.append(desk.say("admin-user-banned", reason=person.banned))
    lines.append(
        desk.say(
            "admin-user-jobs",
            waiting=person.waiting,
            running=person.running,
            deferred=person.deferred,
        )
    )
    if person.linked:
        lines.append(desk.say("admin-user-linked", identities=", ".join(person.linked)))
    return desk.list(desk.say("admin-user", user=person.user, tier=person.tier), lines)


async def set_tier(desk: Desk, words: list[str]) -> str:
    """`tier telegram:123 pro`."""
    user = read_identity(words[0])
    rules = await desk.office.rules()
    tier = choose(words[1], rules.tiers, "tier")
    beware = await _stranger(desk, user)
    await desk.office.set_tier(user, tier, who=desk.who)
    return desk.say("admin-tier-set", user=user, tier=tier) + beware


async def set_quota(desk: Desk, words: list[str]) -> str:
    """`quota telegram:123 500`, `quota telegram:123 default`."""
    user = read_identity(words[0])
    if words[1].lower() in _DEFAULT:
        await _undo(desk.office.set_daily(user, None, who=desk.who), "admin-no-own-quota", user)
        return desk.say("admin-quota-default", user=user)
    credits = read_integer(words[1], *DAILY, "quota")
    beware = await _stranger(desk, user)
    await desk.office.set_daily(user, credits, who=desk.who)
    return desk.say("admin-quota-set", user=user, credits=credits) + beware


async def grant(desk: Desk, words: list[str]) -> str:
    """`bonus telegram:123 1000`."""
    user = read_identity(words[0])
    credits = read_integer(words[1], *GRANT, "bonus")
    beware = await _stranger(desk, user)
    await desk.office.grant(user, credits, who=desk.who)
    return desk.say("admin-granted", user=user, credits=credits) + beware


async def boost(desk: Desk, words: list[str]) -> str:
    """`boost telegram:123 3 2h`, `boost telegram:123 off`."""
    user = read_identity(words[0])
    if words[1].lower() in _OFF:
        await _undo(desk.office.boost(user, 1, seconds=0, who=desk.who), "admin-not-boosted", user)
        return desk.say("admin-boost-off", user=user)
    factor = read_integer(words[1], *_FACTOR, "boost")
    if len(words) < 3:
        raise Refusal("admin-no-end")
    seconds = read_span(words[2:], *BOOST_SECONDS)
    beware = await _stranger(desk, user)
    await desk.office.boost(user, factor, seconds=seconds, who=desk.who)
    until = when(desk.clock() + seconds, await desk.office.rules())
    said = desk.say("admin-boosted", user=user, factor=factor, until=until)
    return said + beware


async def ban(desk: Desk, words: list[str]) -> str:
    """`ban telegram:123 for what`."""
    user = read_identity(words[0])
    reason = " ".join(words[1:])
    if len(reason) > REASON[1]:
        raise Refusal("admin-long-reason", most=REASON[1], given=len(reason))
    person = await desk.office.person(user)
    for identity in (user, person.user, *person.linked):
        if desk.roles.of(identity) is not None:
            raise Refusal("admin-ban-role", user=identity)
    beware = await _stranger(desk, user)
    await desk.office.ban(user, reason, who=desk.who)
    return desk.say("admin-banned", user=user, reason=reason) + beware


async def unban(desk: Desk, words: list[str]) -> str:
    """`unban telegram:123`."""
    user = read_identity(words[0])
    await _undo(desk.office.unban(user, who=desk.who), "admin-not-banned", user)
    return desk.say("admin-unbanned", user=user)


async def forget(desk: Desk, words: list[str]) -> str:
    """`forget telegram:123`."""
    user = read_identity(words[0])
    beware = await _stranger(desk, user)
    await desk.forget(user, who=desk.who)
    return desk.say("admin-forgotten", user=user) + beware


async def _undo(change: Awaitable[None], missing: str, user: str) -> None:
    try:
        await change
    except NothingToChange:
        raise Refusal(missing, user=user) from None


async def _stranger(desk: Desk, user: str) -> str:
    """A word of warning when nobody has ever asked for anything under this name."""
    known = await desk.queue.jobs_of(user, limit=1)
    return "" if known else "\n" + desk.say("admin-stranger", user=user)
