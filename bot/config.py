"""The bot's settings, from the environment."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from bot.core.messages import IDENTITY
from bot.fronts.telegram.settings import TelegramSettings
from bot.fronts.vk.settings import VkSettings
from bot.fronts.web.settings import WebSettings
from worker.jobs.settings import JobsSettings
from worker.jobs.watch import WatchSettings

__all__ = ["BotSettings"]


def _read_identities(value: object) -> object:
    """From "telegram:123, web:…"."""
    if not isinstance(value, str):
        return value
    identities = [word.strip() for word in value.split(",") if word.strip()]
    for identity in identities:
        if not IDENTITY.fullmatch(identity):
            raise ValueError(f"{identity!r} is no account; one looks like telegram:123")
    return identities


Identities = Annotated[frozenset[str], NoDecode, BeforeValidator(_read_identities)]


class BotSettings(JobsSettings):
    """ATELIER_… as in `JobsSettings`, and what only the bot needs."""

    name: str = Field("bot", pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$")
    """Unlike every other bot's on the same Redis; the same after a restart."""
    rules: str = ""
    """A TOML file with the rules. They are put in force at the first start with this content."""
    watch: WatchSettings = WatchSettings()
    web: WebSettings = WebSettings()
    telegram: TelegramSettings = TelegramSettings()
    vk: VkSettings = VkSettings()
    talk_hours: float = Field(12, gt=0)
    """How long an unfinished request is remembered."""
    admins: Identities = frozenset()
    """Who may do all that docs/admin.md describes: "telegram:123, web:…"."""
    moderators: Identities = frozenset()
    """Who may look, ban, pause, and see to failed jobs."""

    def secrets(self) -> list[str]:
        """What no log may tell."""
        models: tuple[BaseModel, ...] = (self.telegram, self.vk, self.web)
        values = [value for model in models for _, value in model]
        own = [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
        return [*super().secrets(), *own]
