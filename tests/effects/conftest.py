"""Fixtures of the effects' tests."""

from effects.device import share_cores

share_cores()
