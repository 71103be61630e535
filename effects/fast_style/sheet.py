"""Contact sheets of the styles: `python -m effects.fast_style.sheet PHOTO … -o SHEET.jpg`."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

from effects import image
from effects.commandline import Parser, finish, reason
from effects.errors import BadPicture, UserError

__all__ = ["draw_sheet"]

PAPER, INK = "#14161b", "#f4f5f7"
THUMBNAIL = 192

Paint = Callable[[Image.Image, str], Image.Image]


def draw_sheet(
    paint: Paint,
    styles: Mapping[str, Image.Image],
    photos: Sequence[Image.Image],
    cell: int = 320,
) -> Image.Image:
    """A row for each style, first its artwork; the photos stand above.

    `paint` makes the painting of a photo in the style of a name; cells are squares of `cell`
    pixels.
    """
    sheet = Image.new("RGB", (cell * (len(photos) + 1), cell * (len(styles) + 1)), PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(cell // 14)

    def paste(picture: Image.Image, column: int, row: int) -> None:
        small = ImageOps.contain(picture, (cell - 4, cell - 4), Image.Resampling.LANCZOS)
        left, top = (cell - small.width) // 2, (cell - small.height) // 2
        sheet.paste(small, (column * cell + left, row * cell + top))

    for column, photo in enumerate(photos, start=1):
        paste(photo, column, 0)
    for row, (name, artwork) in enumerate(styles.items(), start=1):
        paste(artwork, 0, row)
        draw.text((8, row * cell + 6), name, INK, font, stroke_width=2, stroke_fill=PAPER)
        for column, photo in enumerate(photos, start=1):
            paste(paint(photo, name), column, row)
    return sheet


def main(argv: Sequence[str] | None = None) -> int:
    """Paint photographs in all shipped styles; or make the styles' thumbnails."""
    parser = Parser(prog="python -m effects.fast_style.sheet", description=main.__doc__)
    add = parser.add_argument
    add("photos", nargs="+", type=Path, metavar="PHOTO")
    add("--artworks", type=Path, required=True, metavar="DIR", help="pictures of the artworks")
    add("--size", type=int, default=768, help="of the paintings, pixels; default %(default)s")
    add("--cell", type=int, default=240, help="of the sheet, pixels; default %(default)s")
    add("-o", "--output", type=Path, metavar="FILE", help="the sheet, a JPEG")
    add("--thumbnails", type=Path, metavar="DIR", help="the first photo in each style, NAME.jpg")

    def run() -> None:
        from effects.fast_style import SPEC
        from effects.fast_style.names import ARTWORKS
        from effects.fast_style.runner import FastStyle
        from effects.progress import ShellContext
        from effects.spec import Item
        from effects.weights import WeightsStore

        arguments = parser.parse_args(argv)
        effect, quiet = FastStyle("cpu", WeightsStore()), ShellContext("", io.StringIO())

        def paint(photo: Image.Image, style: str) -> Image.Image:
            params = SPEC.parse({"style": style, "size": arguments.size})
            (media,) = effect.run(Item(params, (photo,)), quiet).media
            return image.decode(media.content)

        photos = [_read(path) for path in arguments.photos]
        if arguments.thumbnails is not None:
            square = ImageOps.fit(photos[0], (2 * THUMBNAIL,) * 2, Image.Resampling.LANCZOS)
            for name in ARTWORKS.values():
                small = paint(square, name).resize((THUMBNAIL,) * 2, Image.Resampling.LANCZOS)
                _write(arguments.thumbnails / f"{name}.jpg", small)
        if arguments.output is not None:
            styles = {
                name: _read(arguments.artworks / f"{artwork}.jpg")
                for artwork, name in ARTWORKS.items()
            }
            _write(arguments.output, draw_sheet(paint, styles, photos, arguments.cell))

    return finish(run)


def _read(path: Path) -> Image.Image:
    try:
        return image.decode(path.read_bytes())
    except OSError as error:
        raise UserError(f"{path}: {reason(error)}") from error
    except BadPicture as error:
        raise UserError(f"{path}: {error}") from error


def _write(path: Path, picture: Image.Image) -> None:
    try:
        picture.save(path, "JPEG", quality=85, optimize=True)
    except OSError as error:
        raise UserError(f"{path}: {reason(error)}") from error


if __name__ == "__main__":
    sys.exit(main())
