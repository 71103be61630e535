"""The JSON that the page reads; docs/web-api.md describes it."""

from __future__ import annotations

import base64
from typing import Any

from bot.core.forms import Field, fields
from bot.core.messages import File, Reply, Status
from bot.core.status import file_name
from bot.core.texts import Texts
from effects.spec import EffectSpec
from worker.jobs.model import Done, JobView

__all__ = ["effect_shape", "job_shape", "reply_shape"]

Shape = dict[str, Any]


def reply_shape(reply: Reply) -> Shape:
    """A reply. Files about a job are named, to be fetched from there; others are inside."""
    return {
        "text": reply.text,
        "error": reply.error,
        "slot": reply.slot,
        "buttons": _button_shapes(reply),
        "removes": reply.removes,
        "forgets": reply.forgets,
        "status": _status_shape(reply.status) if reply.status else None,
        "files": [_file_shape(file, inside=not reply.slot) for file in reply.files],
    }


def _file_shape(file: File, *, inside: bool) -> Shape:
    content = {"content": base64.b64encode(file.content).decode()} if inside else {}
    return {"name": file.name, "type": file.type, **content}


def _button_shapes(reply: Reply) -> list[list[Shape]]:
    return [
        [{"label": button.label, "data": button.data} for button in row] for row in reply.buttons
    ]


def _status_shape(status: Status) -> Shape:
    return {
        "job": status.job,
        "state": str(status.state),
        "place": status.place,
        "seconds": round(status.seconds, 1),
        "done": status.done,
        "total": status.total,
        "deferred": status.deferred,
    }


def job_shape(view: JobView, reply: Reply) -> Shape:
    """A job as it stands; `reply` says it in words."""
    job, ending = view.job, view.ending
    address = f"/api/jobs/{job.id}"
    done = ending if isinstance(ending, Done) else None
    preview = view.progress.preview if view.progress else None
    status = reply.status or Status(job.id, view.state)
    return {
        **_status_shape(status),
        "id": job.id,
        "state": str(view.state),
        "effect": job.effect,
        "params": job.params,
        "text": reply.text,
        "buttons": _button_shapes(reply),
        "error": reply.error,
        "submitted": view.submitted,
        "took": done.seconds if done else 0.0,
        "photos": [f"{address}/photos/{number}" for number in range(len(job.photos))],
        "preview": f"{address}/preview" if preview and not ending else None,
        "media": [
            {
                "url": f"{address}/media/{number}",
                "type": media.type,
                "name": file_name(job, number, media.type),
            }
            for number, media in enumerate(done.media if done else ())
        ],
    }


def effect_shape(spec: EffectSpec, lang: str, texts: Texts) -> Shape:
    """An effect, and the form for its parameters."""
    return {
        "name": spec.name,
        "title": getattr(spec.title, lang),
        "description": getattr(spec.description, lang),
        "roles": [{"name": role, "title": texts.role(lang, role)} for role in spec.roles],
        "fewest": spec.photos[0],
        "most": spec.photos[1],
        "fields": [
            {**_field_shape(field, lang), "samples": _sample_shapes(spec, field, lang)}
            for field in fields(spec)
        ],
    }


def _field_shape(field: Field, lang: str) -> Shape:
    return {
        "name": field.name,
        "kind": field.kind,
        "title": field.title[lang],
        "description": field.description[lang],
        "default": field.default,
        "minimum": field.minimum,
        "maximum": field.maximum,
        "step": field.step,
        "choices": list(field.choices),
        "advanced": field.advanced,
    }


def _sample_shapes(spec: EffectSpec, field: Field, lang: str) -> list[Shape]:
    """The filters that come with the effect, for the field that names one."""
    if spec.filters is None or field.name != spec.filters.field:
        return []
    return [
        {
            "name": sample.name,
            "title": getattr(sample.title, lang),
            "picture": f"/api/effects/{spec.name}/samples/{sample.name}",
        }
        for sample in spec.filters.samples
    ]
