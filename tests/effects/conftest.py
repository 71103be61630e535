"""Fixtures of the effects' tests."""

import os

from tests.plugin import plugin_path as plugin_path

# On a busy machine torch's threads would burn the cores that they wait for; read when torch loads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
