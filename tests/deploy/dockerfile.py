"""A Dockerfile as far as ours needs it: stages, with what they inherit."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field


@dataclass
class Stage:
    """`user`, `cmd` and `health` of the last instruction of the kind; all variables."""

    image: str
    env: dict[str, str] = field(default_factory=dict)
    user: str = ""
    cmd: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)
    copies: list[str] = field(default_factory=list)


def read_stages(text: str) -> dict[str, Stage]:
    """By name; of a stage on another one with what that has."""
    stages: dict[str, Stage] = {}
    stage = Stage("")
    for line in re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.M)).splitlines():
        word, _, rest = line.strip().partition(" ")
        match word:
            case "FROM":
                base, _, name = rest.split()
                known = stages.get(base, Stage(base))
                stage = Stage(known.image, dict(known.env), known.user, known.cmd, known.health)
                stages[name] = stage
            case "ENV":
                stage.env |= dict(pair.split("=", 1) for pair in shlex.split(rest))
            case "USER":
                stage.user = rest
            case "CMD":
                stage.cmd = json.loads(rest)
            case "HEALTHCHECK":
                stage.health = json.loads(rest.partition(" CMD ")[2])
            case "COPY":
                stage.copies.append(rest)
    return stages
