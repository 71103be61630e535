"""The dashboard and the alert rules against what the programs really expose."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from tests.deploy.conftest import Told

WATCH = Path(__file__).parents[2] / "deploy" / "watch"
DASHBOARD: dict[str, Any] = json.loads(
    (WATCH / "grafana/dashboards/atelier.json").read_text("utf-8")
)
RULES: dict[str, Any] = yaml.safe_load((WATCH / "alerts.yaml").read_text("utf-8"))
ALERTS: list[dict[str, Any]] = [rule for group in RULES["groups"] for rule in group["rules"]]
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
QUERIES = [
    *(target["expr"] for panel in PANELS for target in panel["targets"]),
    *(rule["expr"] for rule in ALERTS),
]
_SELECTOR = re.compile(r"\b((?:atelier|process)_\w+|up)\b(?:\{([^}]*)\})?")
_FAMILY = re.compile(r"^# TYPE (\w+) (\w+)$", re.MULTILINE)
_OF_PROMETHEUS = {"up": {"job", "instance"}}
_ADDED = {"job", "instance", "le"}
"""Labels that Prometheus adds, and the one that histograms have."""


def _exposed(told: Told) -> dict[str, str]:
    """Name -> type, of all that can be asked for."""
    names = {}
    for text in told.metrics.values():
        for name, kind in _FAMILY.findall(text):
            if kind == "histogram":
                names |= {f"{name}_{end}": kind for end in ("bucket", "sum", "count")}
            elif not name.endswith("_created"):
                names[name] = kind
    return names


def _labels(told: Told) -> dict[str, set[str]]:
    """Name -> labels, of all that has samples."""
    found: dict[str, set[str]] = {}
    for text in told.metrics.values():
        for name, labels in re.findall(r"^(\w+)\{(.*)\} ", text, re.MULTILINE):
            found.setdefault(name, set()).update(re.findall(r'(\w+)="', labels))
    return found


def _selectors(query: str) -> Iterator[tuple[str, set[str]]]:
    """The names in a query, with the labels that they are chosen by."""
    for name, labels in _SELECTOR.findall(query):
        yield name, set(re.findall(r'(\w+)[=!]~?"', labels))


@pytest.mark.parametrize("query", QUERIES)
def test_queries(told: Told, query: str) -> None:
    """Each is PromQL, and asks for nothing that is not exposed; counters through a rate."""
    is_exposed(told, query)


def is_exposed(told: Told, query: str) -> None:
    """See `test_queries`; fails if not."""
    promql_parser.parse(query)
    exposed, labels = _exposed(told), _labels(told)
    for name, chosen in _selectors(query):
        assert name in exposed or name in _OF_PROMETHEUS
        known = labels.get(name, set()) | _OF_PROMETHEUS.get(name, set()) | _ADDED
        assert chosen <= known, name
        if exposed.get(name) in ("counter", "histogram"):
            assert re.search(rf"(rate|increase)\({name}\b", query), name
    grouped = {
        label.strip()
        for group in re.findall(r"\bby \(([^)]*)\)", query)
        for label in group.split(",")
    }
    known = set().union(*(labels.get(name, set()) for name, _ in _selectors(query)))
    gpus_may_be_missing = "gpu" if "atelier_gpu" in query else ""
    assert grouped <= known | _ADDED | {gpus_may_be_missing}


def test_all_is_watched(told: Told) -> None:
    """What we expose ourselves is on the dashboard or in a rule."""
    asked = {name for query in QUERIES for name, _ in _selectors(query)}
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in asked}
    ours = {
        re.sub(r"_(bucket|sum|count)$", "", name)
        for name in _exposed(told)
        if name.startswith("atelier_") and not name.startswith("atelier_child_")
    }
    assert set() == ours - families


def test_dashboard() -> None:
    """Panels have ids of their own, stand in no other's place, ask the chosen source."""
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells
    assert {"${source}"} == {panel["datasource"]["uid"] for panel in PANELS}


def test_alerts() -> None:
    """Each has a name of its own, a severity and a sentence, and stands in the docs."""
    names = [rule["alert"] for rule in ALERTS]
    assert len(set(names)) == len(names)
    page = (WATCH.parents[1] / "docs" / "operations.md").read_text("utf-8")
    for rule in ALERTS:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"]
        assert re.fullmatch(r"\d+[smh]", rule.get("for", "0s"))
        assert f"`{rule['alert']}`" in page
