"""Scripted conversations: one table of cases, played on every front."""
