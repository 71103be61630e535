### What a person reads in English. Ids are the same in every language.

## What the bot says

help = Send a photo and say what to do with it. Some effects take a second picture, such as the style.
help-effect = /{ $name } — { $title }: { $description }
help-example = For example: { $example }
help-commands =
    /styles — styles to choose from, ours and yours
    /queue — my jobs
    /quota — my credits
    /tonight — by morning, free: with a command, for a job that waits, or for what comes next
    /link — one account on several platforms
    /forget — delete all that I know of you
    /cancel — stop
    /help { "<" }effect{ ">" } — its parameters
help-range = from { $minimum } to { $maximum }, usually { $default }
help-default = usually { $default }
help-choices = { $choices }; usually { $default }
help-points = up to { $most } points such as 0.42,0.31,#c03020;0.8,0.1,#3060c0 — shares of width and height from the top left, and a colour; usually { $default }
help-optional = not set
offer = { $count ->
    [one] What shall I make of this picture?
   *[other] What shall I make of these pictures?
}
ask-photos = { $title }: please send { $missing }.
and = { $first } and { $second }
not-understood = I did not understand that. Send a photo and a command, or /help.
forgotten = All right, let us begin anew.
nothing-to-cancel = There is nothing to cancel.
queue-empty = None of your jobs is waiting or running.
queue-mine = { $count ->
    [one] One job of yours:
   *[other] { $count } jobs of yours:
}
quota =
    Tier “{ $tier }”: { $left } of { $allowance } credits are left today, new ones come in { $time }.{ $held ->
        [0] {""}
       *[other] {" "}Your jobs hold { $held }.
    }
    A credit is about a second of work.
quota-bonus = { $bonus ->
    [one] One credit more is a bonus, and no midnight takes it.
   *[other] { $bonus } credits more are a bonus, and no midnight takes it.
}
quota-night = { $left ->
    [0] No more of your jobs can wait for the night until one is done.
    [one] One more job of yours may wait for the night, free of charge.
   *[other] { $left } more jobs of yours may wait for the night, free of charge.
}
quota-boost = For another { $time } your share of the work is { $factor } times the usual.
quota-account = Your account: { $user }
queue-line = { $title } — { $line }
no-worker = No worker is running just now; your pictures will wait, and work begins when one is there.
cancel = Cancel
cancel-one = Cancel { $title }

## Where a job stands

waiting = { $place ->
    [1] Next in line, about { $time }
   *[other] Place { $place } in line, about { $time }
}
waiting-idle = Waiting for a worker
starting = Starting …
running = { $percent } %
time-left = { $text } · about { $time } left
done = { $title }: ready in { $time }.
cancelling = Stopping …
cancelled = Cancelled.
seconds = { $n ->
    [one] { $n } second
   *[other] { $n } seconds
}
minutes = { $n ->
    [one] { $n } minute
   *[other] { $n } minutes
}
hours = { $n ->
    [one] { $n } hour
   *[other] { $n } hours
}

## What photos are for

role-photo = Photo
role-photo-ask = a photo
role-style = Style
role-style-ask = a picture in the style
role-guide = Guide
role-guide-ask = a guide picture
role-palette = Palette
role-palette-ask = a picture with the colours

## Errors, by their code

error-unknown-effect = There is no effect “{ $effect }”. { $nearest ->
    [none] /help lists them all.
   *[other] Did you mean “{ $nearest }”?
}
error-bad-params = { $nearest ->
    [none] “{ $title }” does not know “{ $param }”; it has { $known }.
   *[other] “{ $title }” does not know “{ $param }”; did you mean “{ $nearest }”?
}
error-bad-value = “{ $param }” can’t be “{ $value }”: { $allowed }.
error-unknown-class = There is no class “{ $value }”; the nearest are: { $nearest }.
error-unknown-layer = { $reason ->
    [channel] The channels of { $layer } are 0 to { $most }, not { $value }.
   *[layer] There is no layer “{ $value }” in { $backbone }; there are { $layers }.
}
error-no-value = I did not understand “{ $word }”; write parameter=value, as in { $example }.
error-wrong-photos = { $most ->
    [0] “{ $title }” takes no pictures.
    [one] “{ $title }” takes one picture, not { $given }.
   *[other] “{ $title }” takes at most { $most } pictures, not { $given }.
}
error-bad-picture = { $reason ->
    [empty] The file is empty; please send it again.
    [too_many_bytes] The file is too large; please send one of at most { $limit_mb } MB.
    [too_small] The picture is too small: { $width } × { $height } pixels; it needs at least { $limit } on each side.
    [too_thin] The picture is too long and thin: { $width } × { $height } pixels; the long side may be at most { $limit } times the short one.
    [too_many_pixels] The picture has too many pixels; please send one of at most { $limit_mpx } million.
    [unsupported] { $format } files can’t be read here; please send a JPEG or PNG.
    [not_a_picture] The file is not a picture; please send a JPEG or PNG.
    [coloured] The photo has colour already; to have it coloured anew, send it with recolor=yes.
    [no_colours] The second picture lends its colours, and it has none; please send one in colour.
    [flat] The picture is nearly of one colour, there is no style to learn; please send one that shows a style.
   *[broken] The picture is damaged or incomplete; please send it again.
}
error-bad-filter = { $reason ->
    [network] The filter “{ $name }” was learned for an earlier network; please have it learned anew.
   *[damaged] The filter “{ $name }” is damaged; please have it learned anew.
}
picture-number = Picture { $number }: { $sentence }
error-effect-down = “{ $title }” is out of order just now ({ $reason }); your pictures are kept, so try again later.
error-out-of-memory = There was not enough memory for this picture; try a smaller size.
error-broken-effect = The effect failed on this picture, and the admin can see why; another picture or other parameters may do.
error-queue-away = The queue can’t be reached just now. Nothing is lost: please try again in a moment.
error-newer-wire = The service is being upgraded. Nothing is lost: please try again in a moment.
error-too-many-waiting = You have { $waiting ->
    [one] { $waiting } job
   *[other] { $waiting } jobs
} waiting, and may have no more; please come back when one is done.
error-quota-exceeded = This needs { $needed } credits, and { $left } are left today; new ones come in { $hours ->
    [one] an hour at most
   *[other] { $hours } hours at most
}.
error-queue-full = The queue is full just now; please come back in about { $time }.
error-effect-not-allowed = “{ $title }” is not part of your tier, “{ $tier }”.
error-banned = Your account is banned: { $reason }.
error-no-such-user = “{ $value }” is no user’s name; one looks like telegram:123.
error-out-of-range = { $name }: must be from { $low } to { $high }, not { $value }.
error-nothing-to-change = There is nothing to change: { $fault }
error-effect-paused = “{ $title }” is paused just now; what already waits keeps its place. Please try again later.
error-not-failed = This job is no dead letter: it has not failed, or was dropped.
error-no-such-worker = No such worker is alive; there are: { $known }.
error-bad-code = This code is not known, or it has expired; please ask for a new one.
error-link-busy = You have unfinished jobs here; please link when they are done, or cancel them.
error-no-such-tier = There is no such tier; these are known: { $known }.
error-bad-rules = These rules are refused, and those in force stay: { $fault }
error-tier-in-use = The tier “{ $tier }” can’t be removed: { $users ->
    [one] one user is
   *[other] { $users } users are
} in it.
error-rules-changed = Somebody else has changed the rules meanwhile; look at them again, and repeat your change.
error-no-such-job = There is no such job any more; works are kept for a limited time.
error-blob-missing = A picture of this job is no longer stored; please send it again.
error-blob-store-away = Pictures can’t be stored or read just now. Nothing is lost: please try again in a moment.
error-weights-missing = The effect needs the file { $file }, and it is missing from { $folder } on the server or damaged. Whoever runs the bot can get it with: { $source }
error-hung = The effect stood still for too long and was stopped; other parameters or a smaller picture may do.
error-crashed = The program that runs the effect crashed on this; a smaller picture or other parameters may do.
error-lease-expired = The work on this was begun several times and never came to an end; please try again later.
error-incident = Something went wrong on our side (incident { $incident }); please try again.

## The page

page-title = Atelier
page-tagline = A photo in, an artwork out
page-description = Send a photo and a style picture, get an artwork.
page-language = Language
page-new = New work
page-drop = Drop a picture here, paste it, or choose a file
page-choose = Tap to choose a picture
page-optional = if you like
page-remove = Remove { $role }
page-effects = Effect
page-parameters = Parameters
page-advanced = More parameters
page-reset = Back to usual
page-chat = In a chat you would write
page-write = Write to Atelier
page-say = Send
page-send = Make it
page-sending = Sending …
page-missing = Please add: { $roles }
page-too-large = This file is larger than { $limit } MB; please choose a smaller one.
page-not-picture = This file is not a picture; please choose a JPEG or PNG.
page-works = My works
page-empty = Nothing here yet. Your works will appear in this place and stay until they are cleared away.
page-download = Download
page-open = Open in full size
page-result = Result
page-preview = Preview
page-offline = The connection is lost; trying again …
page-unset = usual
page-point = Colour of point { $n }
page-point-add = Add a point in the middle
page-point-help = Click on the picture to set a point; click on a point to change its colour. Arrow keys move it, Delete removes it.
page-point-photo = First choose a photo; then you can click on it here.
page-point-remove = Remove the point
page-no-script = This page needs JavaScript.
http-too-large = That is too large: a picture may have at most { $limit } MB, and a message few pictures and words.
http-not-multipart = The message could not be read: send multipart/form-data with the parts text, photo and message.
http-no-message = The part “message” must be an id of 1 to 64 letters, digits and “-”.
http-no-cookie = Open the start page first: it gives the cookie that is your account.
http-not-found = There is nothing here.
http-wrong-host = This address is not served here.
http-foreign-origin = Requests from other sites are refused.
http-wrong-method = That is not how this address is used.
http-too-many = That was too much at once; there is more in { $time }.
http-too-many-accounts = From your address came too many new visitors; please come back in { $time }.
http-too-many-pages = Too many pages are open at once; please close some of them.
http-too-slow = The message took too long to arrive; please try again, perhaps with a smaller picture.
http-not-form = This address takes forms alone.
