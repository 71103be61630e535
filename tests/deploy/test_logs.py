"""The log of both programs in JSON: a job is followed through them, nobody is named."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from tests.deploy.conftest import Told
from worker.jobs import logs


def _lines(log: str) -> list[dict[str, Any]]:
    """Every line is an object."""
    return [json.loads(line) for line in log.splitlines()]


def test_a_job_through_both_programs(told: Told) -> None:
    """It waits, is run, fails, is told: each says so in lines with its id."""
    _, failed = told.jobs
    lines = [line for log in told.logs.values() for line in _lines(log)]
    about = [line for line in lines if line.get("job") == failed]
    assert [
        ("bot", "info", {"effect": "odd", "messenger": "web"}),
        ("bot", "info", {"outcome": "failed", "messenger": "web"}),
        ("worker", "info", {"effect": "odd", "attempt": 1}),
        ("child", "error", {}),
        ("worker", "info", {"outcome": "failed", "code": "broken_effect"}),
    ] == [
        (
            line["program"],
            line["level"],
            {name: line[name] for name in wanted if name in line},
        )
        for line, wanted in zip(
            about,
            [
                ("effect", "messenger", "outcome"),
                ("effect", "messenger", "outcome"),
                ("effect", "attempt", "outcome"),
                ("effect", "outcome"),
                ("outcome", "code"),
            ],
            strict=True,
        )
    ]
    [trace] = [line["error"] for line in about if "error" in line]
    assert "RuntimeError" in trace
    refused = [line for line in lines if line.get("code") == "bad_params"]
    assert ["web"] == [line["messenger"] for line in refused]
    for line in lines:
        assert {"time", "level", "program", "logger", "message"} <= set(line)


def test_nobody_is_named(told: Told) -> None:
    """Neither accounts, which are the chats of the web, nor words that somebody wrote."""
    for log in told.logs.values():
        assert log
        assert told.account not in log
        assert "unspeakable" not in log


def test_secrets_and_inputs_are_hidden(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In sentences and in tracebacks, in both formats."""
    root, said_by_somebody = logging.getLogger(), " ".join(["my", "words"])
    monkeypatch.setattr("sys.excepthook", None)
    for format in ("text", "json"):
        monkeypatch.setattr(root, "handlers", [])
        monkeypatch.setenv("ATELIER_LOG", format)
        logs.set_up_logging("test")
        logs.hide_in_logs(["12:token"])
        try:
            _Number.model_validate({"number": said_by_somebody})
        except ValidationError:
            logging.getLogger("x").exception("at http://host/bot12:token and 12%3Atoken/")
        said = capsys.readouterr().err
        assert "http://host/bot*** and ***/" in said
        assert "ValidationError" in said
        assert [] == [word for word in ("token", "my words") if word in said]


class _Number(BaseModel):
    number: int
