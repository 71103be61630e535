## What only happens in messengers.

odd =
    { $kind ->
        [sticker] Nice sticker! I work with photos: send one, and I show what I can do with it.
        [video] I can't work with videos yet. Send a photo, or a picture as a file.
        [voice] I can't listen, only look. Send a photo and write what to do with it.
        [too_large] This picture is too large for me to fetch here. Send it smaller, or as a photo.
        [lost] The messenger does not give me this picture. Please send it again.
       *[file] This file is no picture that I know. Send a photo, or a JPEG or PNG as a file.
    }

remake-again = Again
remake-stronger = Stronger
remake-weaker = Weaker
remake-hd = Large, by morning
remake-delete = Delete
remake-deleted = Deleted.

settings =
    Language: English. Usual size: { $size ->
        [none] as each effect likes it
       *[other] { $size } px
    }. Results come { $files ->
        [True] as files, untouched
       *[False] as photos, large ones as files too
    }.
settings-en = English
settings-ru = Русский
settings-size-usual = Usual size
settings-files = Send files
settings-photos = Send photos

command-styles = Styles to choose from
command-queue = My jobs, with cancel
command-tonight = Leave the next job for the night
command-quota = What I have left
command-settings = Language, size, files
command-link = One account on several platforms
command-forget = Delete all that I know of you
command-cancel = Stop
command-help = What I can do
