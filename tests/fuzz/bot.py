"""The real bot, but for its pace: the test servers take any, and with pauses between the calls and
the tries a hundred thousand answers would take hours.
"""

import sys

from bot.__main__ import main
from bot.fronts.telegram import incoming as from_telegram
from bot.fronts.telegram.front import TelegramFront
from bot.fronts.vk import client
from bot.fronts.vk import incoming as from_vk
from bot.fronts.vk.front import VkFront

_TRIES = (0.01, 0.02)

for front in (TelegramFront, VkFront):
    front.__init__.__kwdefaults__["speed"] = 1e4  # type: ignore[misc]
for module in (from_telegram, from_vk):
    module.PATIENT = _TRIES  # type: ignore[assignment,attr-defined]
client._DELAY = 0.0

if __name__ == "__main__":
    sys.exit(main())
