"""Telegram: messages of people become `Incoming`, `Reply`s become messages."""
