"""What bot and shell forget of a person: all of it is named here once."""

from __future__ import annotations

from bot.config import BotSettings
from bot.core.forgetting import Forgetting
from bot.core.preferences import RedisPreferences
from bot.core.saved_redis import RedisSavedFilters
from bot.core.session import RedisSessions
from bot.core.texts import Texts
from bot.fronts.vk.languages import Languages
from worker.jobs.settings import Jobs

__all__ = ["open_forgetting"]


def open_forgetting(jobs: Jobs, settings: BotSettings, texts: Texts) -> Forgetting:
    """All that is kept, in `jobs` and in their Redis."""
    return Forgetting(
        jobs.queue,
        jobs.office,
        jobs.blobs,
        RedisSessions(jobs.redis, keep=settings.talk_hours * 3600),
        RedisPreferences(jobs.redis),
        RedisSavedFilters(jobs.redis),
        texts,
        Languages(jobs.redis).drop,
    )
