"""Fast style: one feed-forward network that paints many styles, and the program that trains it."""
