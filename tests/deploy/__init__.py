"""Tests of what starts it all."""
