"""Who looks at the page now, and the news for them."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from bot.core.messages import Reply

__all__ = ["Live", "News"]

_MOST_UNREAD = 200
News = asyncio.Queue[Reply | None]


class Live:
    """The open event streams of every account. None as news ends a stream."""

    def __init__(self) -> None:
        self._streams: defaultdict[str, set[News]] = defaultdict(set)
        self._closed = False

    @contextmanager
    def listen(self, account: str) -> Iterator[News]:
        """The account's news from now on."""
        news: News = asyncio.Queue(_MOST_UNREAD)
        self._streams[account].add(news)
        if self._closed:
            news.put_nowait(None)
        try:
            yield news
        finally:
            self._streams[account].discard(news)
            if not self._streams[account]:
                del self._streams[account]

    def is_watched(self, account: str) -> bool:
        """Whether a page of the account is open."""
        return account in self._streams

    def tell(self, account: str, reply: Reply) -> None:
        """Pass a reply to every open page; one that does not read is cut off, and will get the
        whole state when it connects again.
        """
        for news in self._streams.get(account, ()):
            if news.full():
                _cut(news)
            else:
                news.put_nowait(reply)

    def close(self) -> None:
        """End all streams."""
        self._closed = True
        for streams in self._streams.values():
            for news in streams:
                _cut(news)


def _cut(news: News) -> None:
    while not news.empty():
        news.get_nowait()
    news.put_nowait(None)
