"""Where the web front listens and whom it serves."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, IPvAnyNetwork, SecretStr, field_validator

__all__ = ["LimitSettings", "WebSettings"]

_SHORTEST = 16


class LimitSettings(BaseModel):
    """ATELIER_WEB__LIMITS__ACCOUNT_POSTS …: so many at once, and as many a minute in the long run.

    An address is many people where they share one: an office, a mobile network.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    account_posts: int = Field(60, ge=1)
    """Messages, buttons, photos."""
    address_posts: int = Field(300, ge=1)
    account_reads: int = Field(600, ge=1)
    """Pictures and all else that the page fetches."""
    address_reads: int = Field(3000, ge=1)
    account_streams: int = Field(12, ge=1)
    """Open pages, at a time."""
    address_streams: int = Field(200, ge=1)
    address_accounts: int = Field(100, ge=1)
    """New accounts, an hour: each has the credits of a newcomer."""


class WebSettings(BaseModel):
    """ATELIER_WEB__HOST, ATELIER_WEB__PORT, ATELIER_WEB__ALLOWED_HOSTS (a JSON list) …"""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    """0: any free port."""
    allowed_hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    """What a Host header may say: as it stands, or followed by the port that is listened to."""
    trusted_proxies: tuple[IPvAnyNetwork, ...] = ()
    """Addresses and networks whose X-Forwarded-For and X-Forwarded-Proto are believed."""
    photo_mb: int = Field(20, ge=1, le=60)
    """The largest photo."""
    upload_seconds: float = Field(120, gt=0)
    """A message must have arrived by then."""
    secret: SecretStr = SecretStr("")
    """Signs the cookies that are accounts; the same for all bots behind one address. Empty: one of
    chance, kept in the state folder.
    """
    admin_password: SecretStr = SecretStr("")
    """Opens the page /admin; empty: there is none."""
    limits: LimitSettings = LimitSettings()

    @field_validator("secret", "admin_password")
    @classmethod
    def _long(cls, secret: SecretStr) -> SecretStr:
        if 0 < len(secret.get_secret_value()) < _SHORTEST:
            raise ValueError(f"at least {_SHORTEST} letters are needed")
        return secret
