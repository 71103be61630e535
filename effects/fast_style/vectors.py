"""A learned style as a file: γ and β, and which network they belong to."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import numpy.typing as npt

from effects.errors import BadFilter

__all__ = ["Vectors", "pack", "unpack"]

Vectors = npt.NDArray[np.float32]


def pack(network: str, gamma: Vectors, beta: Vectors) -> bytes:
    """The .npz of one style's γ and β, each of `channels` numbers."""
    file = io.BytesIO()
    np.savez(file, network=np.array(network), gamma=gamma, beta=beta)
    return file.getvalue()


def unpack(content: bytes, name: str, network: str, channels: int) -> tuple[Vectors, Vectors]:
    """γ and β of the saved style `name`.

    Raises `BadFilter` where it is damaged, or was learned for another network than `network`.
    """
    try:
        with np.load(io.BytesIO(content)) as file:
            theirs = str(file["network"])
            gamma, beta = (file[key].astype(np.float32) for key in ("gamma", "beta"))
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise _damaged(name) from error
    if theirs != network:
        raise BadFilter(
            f"the filter {name!r} belongs to an earlier network; please have it learned anew",
            name=name,
            reason="network",
        )
    if any(each.shape != (channels,) or not np.isfinite(each).all() for each in (gamma, beta)):
        raise _damaged(name)
    return gamma, beta


def _damaged(name: str) -> BadFilter:
    return BadFilter(
        f"the filter {name!r} is damaged; please have it learned anew",
        name=name,
        reason="damaged",
    )
