"""What the queue may refuse, as one tree.

QueueError            one clear English sentence; `code` for machines
├── QueueAway         Redis does not answer just now; nothing was changed, or it will be found
│   │                 again by its key: try again
│   └── NewerWire     what is there was written by a newer program, and is left to such
├── NoSuchJob         never was, or forgotten
├── NotYours          another account's job
├── TooManyWaiting    the user's tier allows no more waiting jobs
├── QueueFull         as many jobs wait in all as may; says when to come back
├── TooManyDeferred   the user's tier allows no more deferred jobs
├── NotWaiting        the job runs or has ended: it can't be deferred any more
├── QuotaExceeded     the account has too few credits left today
├── EffectNotAllowed  the user's tier does not include the effect
├── Banned            an admin has banned the user: names the reason
├── EffectPaused      an admin has paused the effect
├── NoSuchTier        a misspelt tier
├── NoSuchUser        nobody's name
├── OutOfRange        a number that is too small or too large: names what is allowed
├── NothingToChange   it is so already
├── BadCode           no link code, or one that has expired
├── LinkBusy          who joins an account has unfinished jobs
├── NotFailed         the job is no dead letter
├── NoSuchWorker      no worker of this name is alive
├── BadRules          a policy that can't be: names the fault
│   └── TierInUse     it lacks a tier that users are in
├── RulesChanged      somebody else changed the policy meanwhile
├── LeaseLost         the job was given to somebody else, or has ended: stop working on it
├── BlobMissing       a picture is no longer in the store
├── BadBlob           a name that could leave the store, or too many bytes
├── BlobStoreAway     the store can't be read or written just now (a full disk, no rights)
└── BadSettings       the settings can't work as they are: stops the start of the program
"""

from __future__ import annotations

from typing import ClassVar


class QueueError(Exception):
    """An error of the queue or the blob store that ends in one clear sentence; `details` for
    sentences in other languages.
    """

    code: ClassVar[str] = "queue_error"

    def __init__(self, message: str, **details: str | int) -> None:
        super().__init__(message)
        self.details = details


class QueueAway(QueueError):
    """Redis can't be reached."""

    code = "queue_away"


class NewerWire(QueueAway):
    """Programs of a newer version have written what this one can't read; it waits for them."""

    code = "newer_wire"


class NoSuchJob(QueueError):
    """The job is unknown."""

    code = "no_such_job"


class NotYours(QueueError):
    """The job belongs to another account."""

    code = "not_yours"


class TooManyWaiting(QueueError):
    """The user has `waiting` jobs in the queue, as many as the tier allows, or more."""

    code = "too_many_waiting"


class QueueFull(QueueError):
    """As many jobs as `Rules.longest` wait; a tenth of them is served in `seconds`."""

    code = "queue_full"


class TooManyDeferred(QueueError):
    """The user has `waiting` deferred jobs in the queue; the tier allows `limit`."""

    code = "too_many_deferred"


class NotWaiting(QueueError):
    """The job has been begun or has ended."""

    code = "not_waiting"


class QuotaExceeded(QueueError):
    """The job needs `needed` credits, `left` are left, and in `hours` there are new ones."""

    code = "quota_exceeded"


class EffectNotAllowed(QueueError):
    """The user's `tier` does not include the `effect`."""

    code = "effect_not_allowed"


class Banned(QueueError):
    """An admin has banned the user, for `reason`."""

    code = "banned"


class NoSuchUser(QueueError):
    """`value` is no name of a user."""

    code = "no_such_user"


class OutOfRange(QueueError):
    """`name` must be from `low` to `high`, and is `value`."""

    code = "out_of_range"


class EffectPaused(QueueError):
    """An admin has paused the `effect`; what waits for it keeps its place."""

    code = "effect_paused"


class BadCode(QueueError):
    """Nobody can be linked by this code any more."""

    code = "bad_code"


class LinkBusy(QueueError):
    """Who joins another account must wait until the jobs have ended."""

    code = "link_busy"


class NotFailed(QueueError):
    """The job is no dead letter: it has not failed, or was dropped."""

    code = "not_failed"


class NoSuchWorker(QueueError):
    """None of this name is alive; `known` are."""

    code = "no_such_worker"


class NothingToChange(QueueError):
    """What an admin takes back is not there."""

    code = "nothing_to_change"


class NoSuchTier(QueueError):
    """No tier has this name."""

    code = "no_such_tier"


class BadRules(QueueError):
    """The policy is refused, and the one in force stays. `path` leads to the fault."""

    code = "bad_rules"

    def __init__(self, fault: str, path: tuple[int | str, ...] = ()) -> None:
        super().__init__(fault, fault=fault)
        self.path = path


class TierInUse(BadRules):
    """The policy lacks the `tier`, in which are so many `users`."""

    code = "tier_in_use"

    def __init__(self, tier: str, users: int) -> None:
        how_many = "One user is" if users == 1 else f"{users} users are"
        super().__init__(f"{how_many} in the tier {tier!r}; it can't be removed.", ("tiers",))
        self.details = {"tier": tier, "users": users}


class RulesChanged(QueueError):
    """The policy was changed since it was read."""

    code = "rules_changed"


class LeaseLost(QueueError):
    """The token no longer holds the job."""

    code = "lease_lost"


class BlobMissing(QueueError):
    """The named blob is not in the store."""

    code = "blob_missing"


class BadBlob(QueueError):
    """The blob's name or size is not allowed."""

    code = "bad_blob"


class BlobStoreAway(QueueError):
    """The blob store can't be read or written."""

    code = "blob_store_away"


class BadSettings(QueueError):
    """A setting that the admin must mend before the program can start."""

    code = "bad_settings"
