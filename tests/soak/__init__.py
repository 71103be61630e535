"""Everything runs at once under load, and one thing after the other fails; people are answered."""
