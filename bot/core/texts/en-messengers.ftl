## What only happens in messengers.

odd =
    { $kind ->
        [sticker] Nice sticker! I work with photos: send one, and I show what I can do with it.
        [video] I can't work with videos yet. Send a photo, or a picture as a file.
        [voice] I can't listen, only look. Send a photo and write what to do with it.
        [too_large] This picture is too large for me to fetch here. Send it smaller, or as a photo.
       *[file] This file is no picture that I know. Send a photo, or a JPEG or PNG as a file.
    }
error-not-yours = This belongs to somebody else.
