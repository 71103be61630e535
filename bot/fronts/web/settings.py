"""Where the web front listens and whom it serves."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["WebSettings"]


class WebSettings(BaseModel):
    """ATELIER_WEB__HOST, ATELIER_WEB__PORT, ATELIER_WEB__ALLOWED_HOSTS (a JSON list) …"""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    """0: any free port."""
    allowed_hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    """What a Host header may say: as it stands, or followed by the port that is listened to."""
    photo_mb: int = Field(20, ge=1, le=60)
    """The largest photo."""
