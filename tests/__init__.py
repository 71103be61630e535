"""The tests, through the public doors."""
