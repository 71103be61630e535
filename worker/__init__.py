"""Jobs: the published contract, and the runtime that does them."""
