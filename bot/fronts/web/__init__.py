"""The web chat: a page, and the HTTP door that it uses."""
