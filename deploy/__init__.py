"""Starting it: the demo, the process manager, set-up."""
