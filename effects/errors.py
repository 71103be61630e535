"""What can go wrong with an effect, as one tree.

EffectError               one clear sentence; `code` for machines, `details` for translation
├── UserError             the person can mend it
│   ├── UnknownEffect
│   ├── BadParams
│   │   ├── UnknownClass  none of ImageNet's thousand
│   │   └── UnknownLayer  the network has none of that name, or the layer no such channel
│   ├── WrongPhotos       too many, too few
│   ├── BadPicture        not a picture, broken, too large, too long and thin
│   └── BadFilter         a saved filter that this program can't use
├── WeightsMissing        the admin can mend it
│   └── WeightsDamaged    the file is there, but not the right one
├── OutOfMemory           a smaller picture may do
├── BrokenEffect          the effect returned the wrong thing
└── BadSpec               a plugin is wrong: stops the start of the program

Cancelled (BaseException) the person changed their mind; no `except Exception` swallows it
"""

from __future__ import annotations

from typing import ClassVar


class EffectError(Exception):
    """An error that ends in one clear English sentence, `str(error)`.

    `code` is stable and names the kind; `details` hold the words and numbers of the
    sentence, so that a chat can say it in another language.
    """

    code: ClassVar[str] = "effect_error"

    def __init__(self, message: str, **details: str | int | float) -> None:
        super().__init__(message)
        self.details: dict[str, str | int | float] = details


class UserError(EffectError):
    """Something that the person who asked can mend."""

    code = "user_error"


class UnknownEffect(UserError):
    """No effect of that name is installed."""

    code = "unknown_effect"


class BadParams(UserError):
    """A parameter is misspelt, out of bounds or of the wrong kind."""

    code = "bad_params"


class UnknownClass(BadParams):
    """No class of ImageNet is called that; `details` name the nearest."""

    code = "unknown_class"


class UnknownLayer(BadParams):
    """The network has no such layer, or the layer no such channel; `details` say what there is."""

    code = "unknown_layer"


class WrongPhotos(UserError):
    """Too many or too few pictures for this effect."""

    code = "wrong_photos"


class BadPicture(UserError):
    """The file is not a picture that can be used."""

    code = "bad_picture"


class BadFilter(UserError):
    """A saved filter is damaged, or was learned for another network."""

    code = "bad_filter"


class WeightsMissing(EffectError):
    """A file with a network's weights is not there; the message says which and how to get it."""

    code = "weights_missing"


class WeightsDamaged(WeightsMissing):
    """The file is there, but damaged or another's."""


class OutOfMemory(EffectError):
    """The device has too little memory for this picture."""

    code = "out_of_memory"


class BrokenEffect(EffectError):
    """The effect raised or returned something other than an `Output`."""

    code = "broken_effect"


class BadSpec(EffectError):
    """An effect's specification contradicts itself or another effect's."""

    code = "bad_spec"


class Cancelled(BaseException):
    """The job was cancelled; raised by `Context.step` and caught only by the worker."""
