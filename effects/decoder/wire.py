"""What travels between a decoder and its child."""

import struct

from effects.image import MAX_PIXELS

__all__ = ["ANSWER", "ASK", "DECODE", "DONE", "INSPECT", "REFUSED", "ROOM", "SHRINK"]

ASK = struct.Struct("!BQQ")
"""What is asked, a bound of pixels (of the side, where it is to shrink), and the length of the file
that follows."""
INSPECT, DECODE, SHRINK = range(3)

ANSWER = struct.Struct("!BI")
"""How it went, and the length of the JSON that follows."""
DONE, REFUSED = range(2)

ROOM = 3 * MAX_PIXELS
"""Bytes of the shared memory: rows of RGB, or a file."""
