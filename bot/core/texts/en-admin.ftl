### What admins read in English.

admin-help = Write /admin and one of these:
admin-use-queue = queue — what waits and runs
admin-use-workers = workers — who works, and on what
admin-use-rules = rules [tier] — the values in force
admin-use-audit = audit [count] — what was changed by whom
admin-use-user = user WHO — credits, jobs and all else of an account such as telegram:123
admin-use-ban = ban WHO REASON — accept nothing more; what waits is held back
admin-use-unban = unban WHO
admin-use-tier = tier WHO TIER — put into a tier
admin-use-quota = quota WHO CREDITS|default — credits a day
admin-use-bonus = bonus WHO CREDITS — extra credits, kept over midnight
admin-use-boost = boost WHO FACTOR TIME|off — served so many times as much until then: boost telegram:123 3 2h
admin-use-forget = forget WHO — delete at once all that is known of the account
admin-use-set = set FIELD VALUE — set tiers.free.day 2; set nights 23:00-07:00 13:00-14:00; set zone Europe/Moscow
admin-use-add = add TIER [like TIER] — a new tier
admin-use-remove = remove TIER
admin-use-pause = pause effect|pool NAME — nothing more is begun; what waits keeps its place
admin-use-resume = resume effect|pool NAME
admin-use-dead = dead — jobs that have failed
admin-use-retry = retry JOB|all — failed jobs wait again
admin-use-drop = drop JOB|all — forget failed jobs
admin-use-drain = drain WORKER — let it finish and leave

## Refusals

admin-not-allowed = Only an admin may use “{ $verb }”.
admin-usage = Write it like this: { $usage }
admin-unknown = { $kind ->
    [verb] There is no command “{ $word }”
    [tier] There is no tier “{ $word }”
    [effect] There is no effect “{ $word }”
    [pool] There is no pool “{ $word }”
    [worker] No worker “{ $word }” is there
    [job] There is no failed job “{ $word }”
    [zone] There is no time zone “{ $word }”
    [kind] “{ $word }” is neither an effect nor a pool
   *[field] There is no field “{ $word }”
}{ $nearest ->
    [none] { $known ->
        [none] .
       *[other] ; there are: { $known }.
    }
   *[other] ; did you mean “{ $nearest }”?
}
admin-bad-integer = { $what } must be a whole number from { $low } to { $high }, not “{ $given }”. Nothing was changed.
admin-bad-number = { $what } must be a number from { $low } to { $high }, not “{ $given }”. Nothing was changed.
admin-bad-span = “{ $given }” is no length of time from { $low ->
    [one] { $low } second
   *[other] { $low } seconds
} to { $high } days; write 30m, 2h, 1h30m or 3d.
admin-bad-window = “{ $given }” is no window of time; write it like 23:00-07:00.
admin-empty-window = The window { $given } is empty: it ends when it begins.
admin-overlap = The windows { $one } and { $other } overlap. Nothing was changed.
admin-less-by-night = { $path } can’t be { $value } while { $other } is { $stands }: by night there must not be less than by day. Nothing was changed.
admin-bad-identity = “{ $given }” is no account; write platform:name, such as telegram:123. People see their own with /me.
admin-bad-name = “{ $given }” can’t be a tier’s name: that is a small Latin letter and up to 29 more letters, digits, “-” or “_”.
admin-name-taken = “{ $given }” is the name of the work for the night and can’t be a tier’s.
admin-bad-like = I did not understand “{ $given }”; write: add gold like pro
admin-no-value = { $path } needs a value.
admin-one-value = { $path } takes one value, not “{ $given }”.
admin-tier-exists = There is a tier “{ $tier }” already.
admin-tier-needed = The tier “{ $tier }” can’t be removed: everybody without another is in it.
admin-no-end = A boost needs an end: boost telegram:123 3 2h
admin-long-reason = A reason has at most { $most } letters, not { $given }.
admin-ban-role = { $user } is an admin or a moderator and can’t be banned; that is for the operator’s settings.
admin-ambiguous = { $count } failed jobs begin with “{ $word }”; write more of it.

## Answers

admin-number = { $n }
admin-more = { $count ->
    [one] … and one more.
   *[other] … and { $count } more.
}
admin-queue = Waiting: { $waiting }, running: { $running }, failed: { $dead }, workers: { $workers }.
admin-by-class = By tier: { $counts }.
admin-by-effect = By effect: { $counts }.
admin-effects-paused = Paused effects: { $names }.
admin-pools-paused = Paused pools: { $names }.
admin-night = It is night{ $until ->
    [none] {" "}always ({ $zone }).
   *[other] {" "}until { $until } ({ $zone }).
}
admin-day = It is day{ $until ->
    [none] {" "}always ({ $zone }).
   *[other] {" "}until { $until } ({ $zone }).
}
admin-workers = { $count ->
    [0] No worker is there.
    [one] One worker:
   *[other] { $count } workers:
}
admin-worker-leaving = (leaving)
admin-leaving-already = { $name } is leaving already.
admin-worker-down = (out of order: { $down })
admin-rules = Rules, version { $version }.
admin-audit = { $count ->
    [one] The last change, in the time of { $zone }:
   *[other] The last { $count } changes, in the time of { $zone }:
}
admin-no-changes = Nothing has been changed yet.
admin-changed = In force from now on (version { $version }):
admin-unchanged = That is how it is already; nothing was changed.
admin-effect-paused = { $name } is paused: no new jobs are taken or begun; what waits keeps its place, what runs goes on.
admin-effect-resumed = { $name } goes on.
admin-pool-paused = The pool { $name } is paused: its workers begin nothing more; what runs goes on.
admin-pool-resumed = The pool { $name } goes on.
admin-paused-already = { $name } is paused already.
admin-not-paused = { $name } is not paused.
admin-drained = { $name } begins nothing more and leaves when its work is done.
admin-user = { $user } — tier { $tier }
admin-user-credits = Credits: { $left } of { $allowance } left today, { $held } held, bonus { $bonus }; new ones in { $time }.
admin-user-daily = Credits a day of its own: { $credits }.
admin-user-boost = Boost × { $factor } until { $until }.
admin-user-banned = Banned: { $reason }
admin-user-jobs = Jobs: { $waiting } waiting, { $running } running, { $deferred } for the night.
admin-user-linked = Linked: { $identities }.
admin-tier-set = { $user } is in the tier “{ $tier }” now.
admin-quota-set = { $user } gets { $credits ->
    [one] one credit
   *[other] { $credits } credits
} a day now.
admin-quota-default = { $user } gets the credits of its tier now.
admin-granted = { $user } has { $credits ->
    [one] one extra credit
   *[other] { $credits } extra credits
} now; they stay until they are spent.
admin-boosted = { $user } is boosted × { $factor } until { $until }.
admin-boost-off = { $user } is not boosted any more.
admin-forgotten = All of { $user } is deleted.
admin-banned = { $user } is banned: { $reason }
admin-unbanned = { $user } is no longer banned.
admin-no-own-quota = { $user } has the credits of its tier.
admin-not-boosted = { $user } is not boosted.
admin-not-banned = { $user } is not banned.
admin-stranger = Beware: nobody has asked for anything as { $user } so far.
admin-dead = { $count ->
    [one] One failed job:
   *[other] { $count } failed jobs:
}
admin-no-dead = There are no failed jobs.
admin-retried = { $count ->
    [one] One job waits again.
   *[other] { $count } jobs wait again.
}
admin-dropped = { $count ->
    [one] One failed job is forgotten.
   *[other] { $count } failed jobs are forgotten.
}

admin-page-title = Admin page
admin-page-gate = Log in
admin-page-password = Password
admin-page-enter = Log in
admin-page-leave = Log out
admin-page-wrong = That is not the password.
admin-page-old = This form is too old, or not from here: nothing was done. Please send it again.
admin-page-twice = This form was sent before, and counts once; type the command again if you mean it.
admin-page-order = Command, as after /admin in a chat
admin-page-do = Do it
admin-page-help = What there is
admin-page-again = Look again
admin-page-queue = Queue
admin-page-workers = Workers
admin-page-dead = Failed jobs
admin-page-rules = Rules
admin-page-audit = Audit trail
