"""Errors as replies: one clear sentence in the person's language, and a code."""

from __future__ import annotations

from bot.core.forms import allowed, fields
from bot.core.messages import Reply
from bot.core.texts import Texts
from effects.catalogue import Catalogue
from effects.errors import EffectError
from worker.jobs.errors import NoSuchJob, NotYours, QueueError

__all__ = ["Apology"]

Details = dict[str, str | int | float]


class Apology:
    """Says what went wrong and what to do next."""

    def __init__(self, catalogue: Catalogue, texts: Texts) -> None:
        self._catalogue = catalogue
        self._texts = texts

    def reply(self, error: EffectError | QueueError, lang: str) -> Reply:
        """The reply for an error that is understood."""
        # Whether a job exists is nobody's business but its owner's.
        code = NoSuchJob.code if isinstance(error, NotYours) else error.code
        details: Details = dict(error.details)
        if "seconds" in details:
            details["time"] = self._texts.duration(lang, float(details["seconds"]))
        said = code
        if str(details.get("effect", "")) in self._catalogue:
            said = self._explain(code, details, lang)
        sentence = self._texts.error(lang, said, str(error), details)
        if "number" in details:
            number = details["number"]
            sentence = self._texts.say(lang, "picture-number", number=number, sentence=sentence)
        return Reply(sentence, error=code)

    def incident(self, incident: str, lang: str) -> Reply:
        """The reply for an error that nobody foresaw; its traceback is in the log."""
        message = f"Something went wrong on our side (incident {incident})"
        text = self._texts.error(lang, "incident", message, {"incident": incident})
        return Reply(text, error="incident")

    def _explain(self, code: str, details: Details, lang: str) -> str:
        """Add what the spec knows to the details; returns the code whose sentence fits."""
        spec = self._catalogue[str(details["effect"])]
        known = {field.name: field for field in fields(spec)}
        details |= {"title": getattr(spec.title, lang), "known": ", ".join(known)}
        param = str(details.get("param", ""))
        if code == "bad_params" and "value" in details and param in known:
            if spec.filters is not None and param == spec.filters.field and "reason" in details:
                return "bad_style"
            details["allowed"] = allowed(known[param], lang, self._texts)
            return "bad_value"
        return code
