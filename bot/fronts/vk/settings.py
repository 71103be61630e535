"""Which VK community this is, and how it hears of messages."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

__all__ = ["VkSettings"]


class VkSettings(BaseModel):
    """ATELIER_VK__TOKEN, ATELIER_VK__GROUP_ID, ATELIER_VK__CALLBACK_SECRET …"""

    model_config = ConfigDict(frozen=True, extra="forbid")

    token: SecretStr | None = None
    """Of the community, with the rights manage (for the long poll), messages, photos and docs;
    without one the bot is not on VK.
    """
    group_id: int = Field(0, ge=0)
    api_base: str = Field("", pattern=r"^(https?://[^\s]+)?$")
    """Another server in place of VK's."""
    callback_secret: SecretStr = SecretStr("")
    """With one the Callback API is used, in place of the long poll."""
    confirmation: str = ""
    """What VK wants to be answered when the callback's address is set."""
    callback_host: str = "127.0.0.1"
    callback_port: int = Field(8082, ge=0, le=65535)
    """Where this program listens for callbacks; 0: any free port."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.token is not None and not self.group_id:
            raise ValueError("a token needs ATELIER_VK__GROUP_ID, the number of the community")
        return self
