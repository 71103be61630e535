"""The bot's settings, from the environment."""

from __future__ import annotations

from pydantic import Field

from bot.fronts.web.settings import WebSettings
from worker.jobs.settings import JobsSettings

__all__ = ["BotSettings"]


class BotSettings(JobsSettings):
    """ATELIER_… as in `JobsSettings`, and what only the bot needs."""

    name: str = Field("bot", pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$")
    """Unlike every other bot's on the same Redis; the same after a restart."""
    web: WebSettings = WebSettings()
    talk_hours: float = Field(24, gt=0)
    """How long an unfinished request is remembered."""
