"""What must be true when all is over, and the figures."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from statistics import median

from tests.soak.book import Book, Wish
from tests.soak.chats import Chat, Heard
from tests.soak.faults import RECOVERY, Struck
from tests.soak.memory import Growth

__all__ = ["Verdict"]

_DOUBLES = {
    "bot killed": "the bot was killed",
    "Redis killed": "Redis failed over",
    "Redis frozen": "Redis failed over",
    "messengers fail": "the messenger cut its reply off",
}
"""Blows after which something may be shown twice, as docs/queue.md says."""


class Verdict:
    """Figures, and the promises that were broken."""

    def __init__(self, book: Book, struck: Sequence[Struck]) -> None:
        self.broken: list[str] = []
        self.figures: dict[str, float | str] = {}
        self._book = book
        self._struck = struck

    def of_wishes(self) -> None:
        """Each was answered; what a failover dropped is counted apart."""
        wishes = self._book.wishes
        outcomes = Counter(wish.outcome for wish in wishes)
        places = Counter(wish.platform for wish in wishes)
        self.figures["asked"] = len(wishes)
        self.figures["  on Telegram, VK, the page"] = ", ".join(
            str(places[name]) for name in ("telegram", "vk", "web")
        )
        self.figures["  of these jobs that were accepted"] = sum(w.accepted > 0 for w in wishes)
        self.figures["answered with a result"] = outcomes["result"]
        self.figures["answered with a sentence"] = outcomes["words"]
        self.figures["  of these jobs that failed or were cancelled"] = sum(
            wish.accepted > 0 and wish.outcome == "words" for wish in wishes
        )
        self.figures["asked to try again later"] = outcomes["away"]
        lost = [wish for wish in wishes if not wish.outcome]
        self.figures["lost"] = len(lost)
        self.broken += [f"{_name(wish)} was never answered" for wish in lost]
        dropped = [wish for wish in wishes if wish.vanished]
        self.figures["dropped by a failover, recovered by key"] = sum(
            bool(wish.outcome) for wish in dropped
        )
        self.broken += [
            f"{_name(wish)} was dropped, and Redis did not fail over"
            for wish in dropped
            if not self._failed_over(wish)
        ]
        late = [wish for wish in wishes if wish.again and not wish.vanished]
        self.figures["said once more, since nothing came"] = len(late)
        self.broken += [
            f"{_name(wish)} was heard only when it was said again"
            for wish in late
            if not wish.accepted and not self._failed_over(wish)
        ]
        self.broken += [f"{_name(wish)}: {wish.wrong}" for wish in wishes if wish.wrong]
        took = sorted(wish.answered - wish.sent for wish in wishes if wish.answered)
        if took:
            self.figures["seconds to the answer, p50"] = round(median(took), 1)
            self.figures["seconds to the answer, p99"] = round(took[int(0.99 * len(took))], 1)
            self.figures["seconds to the answer, most"] = round(took[-1], 1)

    def of_doubles(self, chats: Sequence[Chat]) -> None:
        """What was shown twice, and why."""
        reasons: Counter[str] = Counter()
        standing: Counter[str] = Counter()
        for chat in chats:
            wishes = [wish for wish in self._book.wishes if wish.user == chat.user]
            for heard in chat.heard():
                if heard.passing:
                    kinds = self._during(heard.time - 1, heard.time + 1)
                    standing[kinds[0] if kinds else "for no reason"] += 1
            for wish, copies in _by_wish(wishes, chat.said()):
                if len(copies) > 1:
                    reason = self._reason(wish, copies[-1].time)
                    reasons[reason or "for no reason"] += len(copies) - 1
                    if reason is None:
                        said = [one.text for one in copies]
                        self.broken.append(f"{_name(wish)} was answered more than once: {said}")
        self.figures["answered more than once"] = sum(reasons.values())
        for reason, count in sorted(reasons.items()):
            self.figures[f"  {reason}"] = count
        self.figures["statuses left standing"] = sum(standing.values())
        for kind, count in sorted(standing.items()):
            self.figures[f"  {kind}"] = count

    def of_recoveries(self) -> list[str]:
        """A line for each kind of blow."""
        kinds: defaultdict[str, list[Struck]] = defaultdict(list)
        for each in self._struck:
            kinds[each.kind].append(each)
        lines = []
        for kind, several in sorted(kinds.items()):
            times = [each.recovered - each.ended for each in several if each.recovered]
            if len(times) < len(several):
                self.broken.append(f"{kind}: not recovered within {RECOVERY:.0f} s")
            if times:
                lines.append(
                    f"{kind:<22}{len(several):>5}{median(times):>10.1f}{max(times):>10.1f}"
                )
        return lines

    def of_memory(self, growths: Sequence[Growth]) -> list[str]:
        """A line for each process."""
        lines = []
        for one in growths:
            lines.append(
                f"{one.name:<22}{one.minutes:>7.1f}{one.second:>9.1f}{one.last:>9.1f}"
                f"{one.slope:>9.2f}{one.most:>9.1f}"
            )
            if one.grows:
                self.broken.append(f"the memory of {one.name} grows")
        return lines

    def _failed_over(self, wish: Wish) -> bool:
        end = wish.answered or float("inf")
        return any(wish.sent - 5 <= moment <= end for moment in self._book.failovers)

    def _during(self, begin: float, end: float) -> list[str]:
        """The blows that fell, or were not recovered from, in this time."""
        return [
            each.kind
            for each in self._struck
            if each.begun <= end and (each.recovered or float("inf")) >= begin
        ]

    def _reason(self, wish: Wish, last: float) -> str | None:
        if wish.again:
            return "it was said again"
        if wish.outcome == "away":
            return "it was to be tried again, and yet done"
        kinds = self._during(wish.sent, last)
        return next((why for kind, why in _DOUBLES.items() if kind in kinds), None)


def _by_wish(wishes: Sequence[Wish], said: Sequence[Heard]) -> list[tuple[Wish, list[Heard]]]:
    """What answers each wish: what quotes it, or came after it and before the next."""
    found: dict[int, list[Heard]] = {number: [] for number in range(len(wishes))}
    quoted = {number: index for index, wish in enumerate(wishes) for number in wish.numbers}
    for heard in said:
        if heard.passing or any(one.startswith("effect:") for one in heard.buttons):
            continue
        index = quoted.get(heard.answers or 0)
        if index is None:
            before = [i for i, wish in enumerate(wishes) if wish.sent <= heard.time]
            index = before[-1] if before else None
        if index is not None:
            found[index].append(heard)
    return [(wishes[index], copies) for index, copies in found.items()]


def _name(wish: Wish) -> str:
    return f"{wish.kind!r} of {wish.user} at {wish.sent:.0f}"
