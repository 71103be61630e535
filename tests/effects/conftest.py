"""Fixtures of the effects' tests."""

from tests.plugin import plugin_path as plugin_path
