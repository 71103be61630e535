"""Training of the network of colours; run with `python -m effects.colorize.train`."""
