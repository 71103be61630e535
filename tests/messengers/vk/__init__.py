"""A VK server for one community (https://dev.vk.com/api)."""

from tests.messengers.vk.people import Person
from tests.messengers.vk.server import VkServer
from tests.messengers.vk.world import GROUPS, Message

__all__ = ["GROUPS", "Message", "Person", "VkServer"]
