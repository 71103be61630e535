"""The table of conversations, each written once for all fronts."""

from __future__ import annotations

from tests.bot.conversations.case import FRONTS, Case
from tests.bot.conversations.filters import FILING, NAMED
from tests.bot.conversations.jobs import RESULTS, WAITING
from tests.bot.conversations.sending import SENDING
from tests.bot.conversations.talk import ASKING, FAULTS, GROUPS

__all__ = ["CASES", "FRONTS", "Case"]

CASES = [*SENDING, *WAITING, *RESULTS, *ASKING, *FAULTS, *GROUPS, *NAMED, *FILING]
