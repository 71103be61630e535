"""Training of the fast styles' network."""
