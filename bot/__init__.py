"""The conversation and its fronts."""
