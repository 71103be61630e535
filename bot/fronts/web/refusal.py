"""Why a request can't be served."""

from __future__ import annotations

from http import HTTPStatus

__all__ = ["Refusal", "TooMany"]


class Refusal(Exception):
    """A request that can't be served: HTTP status, and the sentence that says why."""

    def __init__(self, status: HTTPStatus, sentence: str, **args: str | float) -> None:
        super().__init__(sentence)
        self.status = status
        self.args_of_sentence = args


class TooMany(Refusal):
    """More than one may ask for; there is more in so many seconds. The sentence takes `time`."""

    def __init__(self, seconds: float, sentence: str = "http-too-many") -> None:
        super().__init__(HTTPStatus.TOO_MANY_REQUESTS, sentence)
        self.seconds = seconds
