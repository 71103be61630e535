"""Which Telegram bot this is, and how it hears of messages."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

__all__ = ["CLOUD", "TelegramSettings"]

CLOUD = "https://api.telegram.org"


class TelegramSettings(BaseModel):
    """ATELIER_TELEGRAM__TOKEN, ATELIER_TELEGRAM__API_BASE, ATELIER_TELEGRAM__WEBHOOK_URL …"""

    model_config = ConfigDict(frozen=True, extra="forbid")

    token: SecretStr | None = None
    """As @BotFather gives it; without one the bot is not on Telegram."""
    api_base: str = Field(CLOUD, pattern=r"^https?://[^\s]+$")
    """Another Bot API server; a local one lifts the limit of 20 MB."""
    webhook_url: str = Field("", pattern=r"^(https?://[^\s]+)?$")
    """Where Telegram posts updates to; empty: long polling."""
    webhook_secret: SecretStr = SecretStr("")
    """1–256 of A–Z, a–z, 0–9, _ and -; without it anybody could forge updates."""
    webhook_host: str = "127.0.0.1"
    webhook_port: int = Field(8081, ge=0, le=65535)
    """Where this program listens for them; 0: any free port."""

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if self.webhook_url and not self.webhook_secret.get_secret_value():
            raise ValueError("a webhook needs ATELIER_TELEGRAM__WEBHOOK_SECRET")
        return self

    @property
    def photo_mb(self) -> int | None:
        """The largest file that can be fetched; a server of one's own has no limit."""
        return 20 if self.api_base.rstrip("/") == CLOUD else None
