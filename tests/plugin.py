"""A third party's effect: the pip package of docs/effects.md, built and installed for real."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

_PAGE = Path(__file__).parents[1] / "docs" / "effects.md"
_FILE = re.compile(r"^```(?:toml|python)\n# (\S+)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def install_plugin(folder: Path) -> Path:
    """Build the package `atelier-negative` under `folder`, offline.

    Returns the directory that a process must have in PYTHONPATH to see its effect `negative`.
    """
    for name, content in _FILE.findall(_PAGE.read_text("utf-8")):
        path = folder / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    site = folder / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    offline = ["--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run(
        [*pip, *offline, "--target", str(site), str(folder / "source")],
        check=True,
    )
    return site
