"""Claim, run, report."""
