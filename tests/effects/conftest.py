"""Fixtures of the effects' tests."""

from effects.device import share_cores
from tests.plugin import plugin_path as plugin_path

share_cores()
