"""The two messengers as servers over real HTTP, as strict as their documents say."""
