"""A Telegram Bot API server for one bot (https://core.telegram.org/bots/api)."""

from tests.messengers.telegram.people import Person
from tests.messengers.telegram.server import TelegramServer
from tests.messengers.telegram.world import Chat, Message, Sent

__all__ = ["Chat", "Message", "Person", "Sent", "TelegramServer"]
