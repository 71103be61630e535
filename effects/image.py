"""Pictures in and out: whatever people send becomes an upright sRGB picture of mode RGB.

Nothing here trusts the file: size is refused from the header, before memory is taken, and
every way in which a decoder can fail ends in `BadPicture`, one sentence with a `reason`.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import numpy as np
from PIL import ExifTags, Image, ImageCms, UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile

from effects.errors import BadPicture

__all__ = [
    "MAX_BYTES",
    "MAX_PIXELS",
    "Info",
    "bound",
    "check_shape",
    "decode",
    "encode",
    "inspect",
    "recolour",
]

MAX_BYTES = 64 * 2**20
MAX_PIXELS = 50_000_000
MIN_SIDE = 8
MAX_RATIO = 20
# A progressive JPEG has about ten scans; each costs a pass over the picture, whatever its bytes.
MAX_SCANS = 200

TILEWIDTH, TILELENGTH = 322, 323

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
# How those begin that are told by more than two letters.
_BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF", b"GIF8", b"II*\x00", b"MM\x00*")
_SEND = "please send a JPEG or PNG"

# Pillow warns of broken metadata and of sizes that are refused here anyway.
warnings.filterwarnings("ignore", module=r"PIL\.")

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SRGB = ImageCms.createProfile("sRGB")
_PROFILE_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}


@dataclass(frozen=True)
class Info:
    """What a look at a picture tells: size when upright, in pixels, and format ("JPEG")."""

    width: int
    height: int
    format: str


def decode(content: bytes, *, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Decode a file to an upright sRGB picture of mode RGB without metadata.

    Of an animation the first frame; transparency is laid on white. Raises `BadPicture`.
    """
    with _opened(content, max_pixels) as image:
        image.load()
        upright = _UPRIGHT.get(_orientation(image))
        flat = _to_srgb(_to_eight_bits(image))
        if upright is not None:
            flat = flat.transpose(upright)
    return _bare(flat)


def inspect(content: bytes, *, max_pixels: int = MAX_PIXELS) -> Info:
    """Check that `decode` will work, at a fraction of its cost for a JPEG. Raises `BadPicture`."""
    with _opened(content, max_pixels) as image:
        width, height = image.size
        image.draft(None, (width // 8, height // 8))
        image.load()
        if _orientation(image) >= 5:
            width, height = height, width
        return Info(width, height, "JPEG" if image.format == "MPO" else str(image.format))


def bound(image: Image.Image, side: int) -> Image.Image:
    """A copy whose longest side is at most `side` pixels (Lanczos); never enlarged."""
    scale = side / max(image.size)
    if scale >= 1:
        return image.copy()
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def encode(image: Image.Image, type: str = "image/png", *, quality: int = 92) -> bytes:
    """Encode as image/png or image/jpeg (`quality` 1–95, full colour); no metadata goes along."""
    file = io.BytesIO()
    if type == "image/png":
        _bare(image).save(file, "PNG")
    elif type == "image/jpeg":
        _bare(image).save(file, "JPEG", quality=quality, subsampling="4:4:4")
    else:
        raise ValueError(f"encode writes image/png and image/jpeg, not {type}")
    return file.getvalue()


def recolour(light: Image.Image, colours: Image.Image) -> Image.Image:
    """The luminance of one picture with the chroma (Cb, Cr) of another of the same size."""
    luminance = light.convert("YCbCr").getchannel("Y")
    _, blue, red = colours.convert("YCbCr").split()
    return Image.merge("YCbCr", (luminance, blue, red)).convert("RGB")


@contextmanager
def _opened(content: bytes, max_pixels: int) -> Iterator[Image.Image]:
    """Open a file whose header is acceptable; any failure inside the block is `BadPicture`."""
    _check_bytes(content)
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            _check_size(*image.size, max_pixels)
            _check_tile(image, max_pixels)
            yield image
    except BadPicture:
        raise
    except UnidentifiedImageError:
        raise _unidentified(content) from None
    except (Image.DecompressionBombError, MemoryError) as error:
        raise _too_many_pixels(max_pixels) from error
    # Decoders fail in every way there is: OSError, SyntaxError, struct.error, IndexError …
    except Exception as error:
        raise BadPicture(
            "the picture is damaged or incomplete; please send it again", reason="broken"
        ) from error


def _check_bytes(content: bytes) -> None:
    if not content:
        raise BadPicture("the file is empty; please send it again", reason="empty")
    if len(content) > MAX_BYTES:
        limit = MAX_BYTES // 2**20
        raise BadPicture(
            f"the file is larger than {limit} MB; please send a smaller one",
            reason="too_many_bytes",
            limit_mb=limit,
        )
    # 0xFFDA starts a scan; within a scan's data 0xFF is always followed by 0x00.
    if content.startswith(b"\xff\xd8") and content.count(b"\xff\xda") > MAX_SCANS:
        raise BadPicture(
            f"the JPEG has an unreasonable number of scans; {_SEND} saved in the ordinary way",
            reason="broken",
        )


def _check_size(width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise _too_many_pixels(max_pixels, width, height)
    check_shape(width, height)


def check_shape(
    width: int, height: int, least: int = MIN_SIDE, ratio: int = MAX_RATIO, what: str = "it"
) -> None:
    """Raise `BadPicture` unless both sides, in pixels, are at least `least` and none is more than
    `ratio` times the other; `what` needs that.
    """
    size = {"width": width, "height": height}
    if min(width, height) < least:
        raise BadPicture(
            f"the picture is too small, {width}×{height} pixels;"
            f" {what} needs at least {least} on each side",
            reason="too_small",
            limit=least,
            **size,
        )
    if max(width, height) > ratio * min(width, height):
        raise BadPicture(
            f"the picture is too long and thin, {width}×{height} pixels;"
            f" the long side may be at most {ratio} times the short one",
            reason="too_thin",
            limit=ratio,
            **size,
        )


def _check_tile(image: Image.Image, max_pixels: int) -> None:
    """The decoder takes memory for a TIFF's whole tile, however small the picture is."""
    if isinstance(image, TiffImageFile):
        tags = image.tag_v2
        if int(tags.get(TILEWIDTH, 0)) * int(tags.get(TILELENGTH, 0)) > max_pixels:
            raise _too_many_pixels(max_pixels)


def _too_many_pixels(max_pixels: int, *size: int) -> BadPicture:
    shown = f", {size[0]}×{size[1]}" if size else ""
    limit = max_pixels / 1e6
    return BadPicture(
        f"the picture has too many pixels{shown};"
        f" please send one of at most {limit:g} million pixels",
        reason="too_many_pixels",
        limit_mpx=limit,
    )


def _unidentified(content: bytes) -> BadPicture:
    """Why no decoder wanted the file: another kind of file, or nothing at all."""
    kind = ""
    if content[4:8] == b"ftyp":
        brand = content[8:12]
        heic = (b"heic", b"heix", b"heim", b"hevc", b"mif1", b"msf1")
        kind = "HEIC" if brand in heic else "AVIF" if brand in (b"avif", b"avis") else "video"
    elif content.startswith(b"%PDF"):
        kind = "PDF"
    elif b"<svg" in content[:1000]:
        kind = "SVG"
    if kind:
        return BadPicture(
            f"{kind} files can't be read here; {_SEND}", reason="unsupported", format=kind
        )
    if content.startswith(_BEGINNINGS):
        return BadPicture(f"the picture is damaged or of an unusual kind; {_SEND}", reason="broken")
    return BadPicture(f"the file is not a picture; {_SEND}", reason="not_a_picture")


def _orientation(image: Image.Image) -> int:
    """EXIF orientation 1–8; 1 where there is none or it can't be read."""
    # Metadata is full of garbage that no viewer minds.
    with suppress(Exception):
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    return 1


def _to_eight_bits(image: Image.Image) -> Image.Image:
    """Scale grey of 16 bits by its range, and of 32 bits or floats by what it holds."""
    if not image.mode.startswith(("I", "F")):
        return image
    grey = np.nan_to_num(np.asarray(image, dtype=np.float32))
    low, high = (0, 65535) if image.mode.startswith("I;16") else (grey.min(), grey.max())
    scaled = (grey - low) * (255 / max(high - low, 1e-12))
    return Image.fromarray(np.rint(scaled).astype(np.uint8))


def _to_srgb(image: Image.Image) -> Image.Image:
    """Lay on white, and apply the embedded colour profile where it is sound."""
    profile = image.info.get("icc_profile")
    if image.mode != "CMYK":
        image = _on_white(image)
    if profile:
        # A profile that is broken or made for another kind of picture says nothing.
        with suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError, KeyError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            mode = _PROFILE_MODES[source.profile.xcolor_space.strip()]
            if (mode == "CMYK") == (image.mode == "CMYK"):
                converted = ImageCms.profileToProfile(
                    image.convert(mode), source, _SRGB, outputMode="RGB"
                )
                if converted is not None:
                    return converted
    return image.convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    over = image.convert("RGBA")
    page = Image.new("RGBA", image.size, "white")
    page.alpha_composite(over)
    return page.convert("RGB")


def _bare(image: Image.Image) -> Image.Image:
    """A copy of mode RGB that holds pixels and nothing else."""
    bare = image.convert("RGB")
    bare.info = {}
    return bare
