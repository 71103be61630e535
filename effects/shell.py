"""`python -m effects run`: files in, files out."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from PIL import Image

from effects import image
from effects.catalogue import Catalogue
from effects.commandline import reason
from effects.device import pick_device
from effects.errors import BadPicture, BrokenEffect, EffectError, OutOfMemory, UserError
from effects.progress import ShellContext
from effects.spec import EffectSpec, Item, Media, Output
from effects.verify import is_out_of_memory, verify
from effects.weights import WeightsStore

__all__ = ["run"]

_SUFFIX = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "video/mp4": ".mp4",
}
_FILTER = ".filter"
_TYPE = {suffix: type for type, suffix in _SUFFIX.items()} | {".jpeg": "image/jpeg"}


def run(catalogue: Catalogue, arguments: argparse.Namespace) -> None:
    """Check everything that the person said, then run, then write."""
    spec = catalogue[arguments.effect]
    files, values = _sort(arguments.items)
    params = spec.parse(values)
    spec.check_photos(len(files), params)
    target = _target(arguments.output)
    attachments = _attachments(spec, params, [Path(name) for name in arguments.filter])
    photos = tuple(_read(file) for file in files)
    if spec.check is not None:
        spec.check(params, photos)
    device = pick_device(arguments.device)
    output = _perform(spec, catalogue, device, Item(params, photos, attachments))
    # A program that asks for JSON wants no file that it has not named.
    written: list[Path] = []
    if target is not None or not arguments.json:
        stem = f"{files[0].stem if files else 'picture'}-{spec.name}"
        for n, media in enumerate(output.media):
            path = _numbered(target, n) if target else _free(Path(stem + _SUFFIX[media.type]))
            written.append(_write(media, path))
        if spec.teaches:
            folder = target.parent if target else Path()
            written += [
                _save(content, _free(folder / f"{name}{_FILTER}"))
                for name, content in output.data.items()
            ]
    if arguments.json:
        print(json.dumps(_as_json(output, written), ensure_ascii=False, indent=2))
    elif output.text is not None:
        print(output.text.en)


def _sort(items: list[str]) -> tuple[list[Path], dict[str, str]]:
    """Tell pictures from NAME=VALUE."""
    files, values = [], {}
    for item in items:
        name, equals, value = item.partition("=")
        if not equals or not name.isidentifier() or Path(item).exists():
            files.append(Path(item))
        elif name in values:
            raise UserError(f"{name} is given twice")
        else:
            values[name] = value
    return files, values


def _attachments(spec: EffectSpec, params: Any, files: list[Path]) -> dict[str, bytes]:
    """The filters in `files` by their names; each must be one that the parameters name."""
    own = {file.stem: file for file in files}
    if spec.filters is None:
        if own:
            raise UserError(f"{spec.name} takes no filters")
        return {}
    named = spec.filters.find(params, own)
    if unused := sorted(own.keys() - set(named)):
        raise UserError(
            f"the filter {own[unused[0]]} is not used; try {spec.filters.field}={unused[0]}"
        )
    try:
        return {name: own[name].read_bytes() for name in named}
    except OSError as error:
        raise UserError(f"{error.filename}: {reason(error)}") from error


def _read(path: Path) -> Image.Image:
    try:
        with path.open("rb") as file:
            # No more than is allowed, and a byte to tell: the path may be a whole disk.
            return image.decode(file.read(image.MAX_BYTES + 1))
    except OSError as error:
        raise UserError(f"{path}: {reason(error)}") from error
    except BadPicture as error:
        raise UserError(f"{path}: {error}") from error


def _target(output: str | None) -> Path | None:
    """The wished-for output, refused now rather than after minutes of work."""
    if output is None:
        return None
    path = Path(output)
    if path.suffix.lower() not in _TYPE:
        raise UserError(f"{path}: the name of the output must end in {', '.join(_TYPE)}")
    if path.is_dir():
        raise UserError(f"{path}: is a folder")
    if not path.parent.is_dir():
        raise UserError(f"{path}: there is no folder {path.parent}")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UserError(f"{path}: can't be written")
    return path


def _perform(spec: EffectSpec, catalogue: Catalogue, device: str, item: Item[Any]) -> Output:
    context = ShellContext(spec.name, sys.stderr)
    try:
        effect = catalogue.load_runner(spec)(device, WeightsStore())
        try:
            output = effect.run(item, context)
        finally:
            effect.close()
    except EffectError:
        raise
    # An effect may fail in any way; the person gets a sentence.
    except Exception as error:
        if is_out_of_memory(error):
            raise OutOfMemory(f"{spec.name} ran out of memory; try a smaller size") from error
        raise BrokenEffect(f"{spec.name} failed: {type(error).__name__}: {error}") from error
    finally:
        context.close()
    return verify(output, spec.name)


def _free(path: Path) -> Path:
    """`path`, or the first of path-2, path-3 … that does not exist."""
    n, free = 1, path
    while free.exists():
        n += 1
        free = path.with_stem(f"{path.stem}-{n}")
    return free


def _numbered(path: Path, index: int) -> Path:
    return path.with_stem(f"{path.stem}-{index + 1}") if index else path


def _write(media: Media, path: Path) -> Path:
    """Write in the format of the path's suffix if that can be, else under the right suffix."""
    wanted = _TYPE[path.suffix.lower()]
    content = media.content
    if wanted != media.type:
        if {wanted, media.type} <= {"image/png", "image/jpeg"}:
            content = image.encode(image.decode(content), wanted)
        else:
            path = path.with_suffix(_SUFFIX[media.type])
    return _save(content, path)


def _save(content: bytes, path: Path) -> Path:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise UserError(f"{path}: {reason(error)}") from error
    print(f"wrote {path}", file=sys.stderr)
    return path


def _as_json(output: Output, written: list[Path]) -> dict[str, Any]:
    data = {
        name.removesuffix(".json"): json.loads(content)
        for name, content in output.data.items()
        if name.endswith(".json")
    }
    text = output.text._asdict() if output.text is not None else None
    return {"text": text, "files": [str(path) for path in written], **data}
