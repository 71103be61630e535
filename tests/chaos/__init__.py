"""Everything is killed, frozen and restarted at random; nothing may be lost."""
