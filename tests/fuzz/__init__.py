"""`make fuzz`: files and updates that nobody would send, against the real doors."""
