"""The templates of what a browser shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.core.texts import LANGUAGES, Texts
from bot.fronts.web.account import language, remember_language

__all__ = ["HERE", "Pages"]

HERE = Path(__file__).parent


class Pages:
    """Pages in the language of who asks."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def show(
        self, request: web.Request, template: str, *, status: int = 200, **values: Any
    ) -> web.Response:
        """The page; it finds `lang`, `languages` and `say` beside the values."""
        lang = language(request)

        def say(id: str, **args: str | float) -> str:
            return self._texts.say(lang, id, **args)

        html = self._templates.get_template(template).render(
            lang=lang, languages=LANGUAGES, say=say, **values
        )
        response = web.Response(text=html, content_type="text/html", status=status)
        remember_language(request, response)
        return response
