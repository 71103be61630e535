"""What the parts of the conversation have in common."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.apology import Apology
from bot.core.collection import Collection
from bot.core.menu import Menu
from bot.core.preferences import Preferences
from bot.core.request import Requests
from bot.core.standing import Standing
from bot.core.status import StatusWords
from bot.core.texts import Texts
from bot.core.watch import Watched
from effects.catalogue import Catalogue
from effects.decoder import Decoder
from worker.jobs.blobs import Blobs
from worker.jobs.queue import Queue

__all__ = ["Tools"]


@dataclass(frozen=True)
class Tools:
    """At hand wherever people are answered or told; one set for all chats and platforms."""

    catalogue: Catalogue
    queue: Queue
    blobs: Blobs
    decoder: Decoder
    requests: Requests
    menu: Menu
    standing: Standing
    texts: Texts
    words: StatusWords
    apology: Apology
    watched: Watched
    preferences: Preferences
    filters: Collection
