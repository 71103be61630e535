### The night, and one account on several platforms, in English.

## Now, or by morning

now-or-morning = Many are waiting: now it would take about { $time }. By morning it is free. Which shall it be?
now = Now (≈ { $credits ->
    [one] { $credits } credit
   *[other] { $credits } credits
})
by-morning = By morning (free{ $side ->
    [none] {""}
   *[other] , up to { $side } px
})
tonight-next = All right: what you send next waits for the night, free of charge.
tonight-which = Which job shall wait for the night?
tonight-one = By morning: { $title }

## Where a deferred job stands

deferred-day = Waits for the night: done by about { $by }, maybe earlier
deferred-soon = Done in about { $time } if it stays quiet, else by about { $by }
deferred-night = { $place ->
    [1] Next in the night’s line, about { $time }
   *[other] Place { $place } in the night’s line, about { $time }
}

## One account on several platforms

link-code =
    Your code is { $code }, good for ten minutes; show it to nobody.
    Send /link { $code } where your other account is, and both are one.
linked = Done: both are one account now. /quota says what it has.
forget-ask = This deletes at once all that I know of you, on all linked platforms: works and their pictures, jobs that wait or run, saved styles, settings, links, bonus credits. It can’t be undone. What you used today of your credits counts until midnight.
forget-button = Delete everything
forget-done = All of it is deleted. Messages that stand in this chat are yours to remove.
forget-not-yours = This button belongs to somebody else; send /forget yourself.

## Errors, by their code

error-over-limit = “{ $param }” can’t be { $value }: your tier, “{ $tier }”, allows { $minimum } to { $most }{ $night ->
    [none] {""}
   *[other] , by night up to { $night }
}.{ $better ->
    [none] {""}
   *[other] {" "}The tier “{ $better }” allows it at any hour.
}
error-too-many-deferred = { $waiting ->
    [one] { $waiting } job of yours waits
   *[other] { $waiting } jobs of yours wait
} for the night, and no more than { $limit } may; come back when one is done, or ask for it now.
error-not-waiting = This job no longer waits: it has been begun or has ended.
error-not-by-night = { $reason ->
    [effect] “{ $title }” is quick and does not wait for the night; just ask for it now.
    [hours] There are no night hours here, so nothing can wait for the night.
   *[tier] With the tier “{ $tier }” nothing can wait for the night.
}
