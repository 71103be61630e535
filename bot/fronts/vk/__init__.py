"""VK: messages to a community become `Incoming`, `Reply`s become messages of it."""
