"""A day of the service in minutes: the real queue under a virtual clock; see docs/simulation.md."""
