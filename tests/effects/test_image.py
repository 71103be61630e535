"""What people send becomes an upright sRGB picture."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms, PngImagePlugin

from effects.errors import BadPicture
from effects.image import bound, decode, encode, inspect
from tests.effects.odd_pictures import chunk, png, png16, save, scene, stored_as

GPS = {1: "N", 2: (55.0, 45.0, 21.0), 3: "E", 4: (37.0, 37.0, 2.0)}


def difference(a: Image.Image, b: Image.Image) -> float:
    """Mean distance of two pictures of one size, 0–255."""
    assert a.size == b.size
    return float(np.abs(np.asarray(a, float) - np.asarray(b, float)).mean())


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_upright(format: str, orientation: int) -> None:
    """All eight EXIF orientations come out the right way up, in every format that has them."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    content = save(stored_as(orientation, scene()), format, exif=exif)
    picture = decode(content)
    assert difference(scene(), picture) < 8
    assert (48, 32, format) == (
        inspect(content).width,
        inspect(content).height,
        inspect(content).format,
    )


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("out", ["image/png", "image/jpeg"])
def test_no_metadata(format: str, out: str) -> None:
    """Neither place nor words nor profile of a photo get into a result."""
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = "SECRET"
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(GPS)
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", "SECRET")
    options = {
        "JPEG": {"comment": b"SECRET", "xmp": b"SECRET"},
        "PNG": {"pnginfo": words},
        "WEBP": {"xmp": b"SECRET"},
        "TIFF": {},
    }[format]
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    content = save(scene(), format, exif=exif, icc_profile=profile, **options)
    assert b"SECRET" in content
    picture = decode(content)
    assert {} == picture.info
    assert not picture.getexif()
    result = encode(picture, out)
    assert b"SECRET" not in result
    assert b"ICC" not in result
    assert b"iCC" not in result
    assert b"Exif" not in result


def test_encode_drops_metadata_of_effects() -> None:
    """A picture that carries words of its own loses them on the way out."""
    picture = scene()
    picture.info.update(comment=b"SECRET", icc_profile=b"SECRET", dpi=(72, 72))
    assert b"SECRET" not in encode(picture, "image/png") + encode(picture, "image/jpeg")


@pytest.mark.parametrize("shape", [(16, 16), (16, 16, 3)])
def test_sixteen_bits(shape: tuple[int, ...]) -> None:
    """16 bits are scaled to 8, not cut off."""
    values = np.linspace(0, 65535, int(np.prod(shape))).reshape(shape)
    content = png16(values, 0 if len(shape) == 2 else 2)
    pixels = np.asarray(decode(content), float)
    if len(shape) == 2:
        values = np.stack([values] * 3, axis=-1)
    assert np.abs(pixels - values / 257).max() <= 1


@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.float32])
def test_deep_grey(dtype: type) -> None:
    """Grey TIFFs of 16 and 32 bits and of floats keep their range of light and dark."""
    ramp = np.linspace(0, 65535, 32 * 32).reshape(32, 32).astype(dtype)
    pixels = np.asarray(decode(save(Image.fromarray(ramp), "TIFF")), int)
    assert (0, 255) == (pixels.min(), pixels.max())
    assert abs(pixels.mean() - 127.5) < 1


def test_transparency_is_laid_on_white() -> None:
    """What is transparent becomes white, whether palette, grey or colour holds it."""
    colours = Image.new("RGBA", (16, 16), (200, 0, 0, 255))
    colours.paste((0, 0, 0, 0), (0, 0, 8, 16))
    palette = Image.new("P", (16, 16), 1)
    palette.putpalette([0, 0, 0, 200, 0, 0])
    palette.paste(0, (0, 0, 8, 16))
    for content in (
        save(colours, "PNG"),
        save(colours, "WEBP", lossless=True),
        save(palette, "PNG", transparency=0),
        save(palette, "GIF", transparency=0),
    ):
        picture = decode(content)
        assert (255, 255, 255) == picture.getpixel((2, 8))
        assert (200, 0, 0) == picture.getpixel((12, 8))
    grey = decode(save(colours.convert("LA"), "PNG"))
    assert (255, 255, 255) == grey.getpixel((2, 8))
    keyed = png((8, 8, 8, 0), (b"\x00" + bytes(8)) * 8, chunk(b"tRNS", b"\x00\x00"))
    assert (255, 255, 255) == decode(keyed).getpixel((2, 2))


def test_cmyk() -> None:
    """A CMYK picture has its colours, not their negative."""
    for cmyk, rgb in {(0, 255, 255, 0): (255, 0, 0), (0, 0, 0, 255): (0, 0, 0)}.items():
        for format in ("JPEG", "TIFF"):
            pixel = decode(save(Image.new("CMYK", (16, 16), cmyk), format)).getpixel((8, 8))
            assert np.abs(np.subtract(rgb, pixel)).max() < 40


@pytest.mark.parametrize("mode", ["1", "L", "P", "YCbCr"])
def test_modes(mode: str) -> None:
    """Every ordinary mode becomes RGB."""
    picture = decode(save(scene().convert(mode), "JPEG" if mode == "YCbCr" else "PNG"))
    assert "RGB" == picture.mode


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "TIFF"])
def test_first_frame(format: str) -> None:
    """Of an animation the first frame is taken."""
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "lime", "blue")]
    content = save(frames[0], format, save_all=True, append_images=frames[1:])
    red, green, blue = decode(content).getpixel((8, 8))
    assert red > 240
    assert green + blue < 20


def test_profile_is_applied() -> None:
    """Colours are converted to sRGB: by a profile with red and blue exchanged, red is blue."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exchanged = (
        profile.replace(b"rXYZ", b"####").replace(b"bXYZ", b"rXYZ").replace(b"####", b"bXYZ")
    )
    red = Image.new("RGB", (16, 16), "red")
    for format in ("PNG", "JPEG", "WEBP", "TIFF"):
        content = save(red, format, icc_profile=exchanged)
        assert decode(content).getpixel((8, 8))[2] > 200
    assert (255, 0, 0) == decode(save(red, "PNG", icc_profile=profile)).getpixel((8, 8))


@pytest.mark.parametrize("profile", [b"nonsense", b"\x00" * 500])
def test_broken_profile_is_ignored(profile: bytes) -> None:
    """A profile that says nothing changes nothing."""
    content = save(Image.new("RGB", (16, 16), "red"), "PNG", icc_profile=profile)
    assert (255, 0, 0) == decode(content).getpixel((8, 8))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_broken_exif_is_ignored() -> None:
    """Garbage where the orientation should be leaves the picture as it is."""
    content = save(scene(), "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xffgarbage")
    assert difference(scene(), decode(content)) < 8


def test_threads_do_not_disturb_each_other() -> None:
    """Good and bad pictures are decoded side by side; each gets its own answer."""
    good, bad = save(scene(), "PNG"), png((30000, 30000, 8, 2))

    def look(content: bytes) -> str:
        try:
            return decode(content).mode
        except BadPicture as error:
            return str(error.details["reason"])

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(look, [good, bad] * 100))
    assert ["RGB", "too_many_pixels"] * 100 == answers


def test_bound() -> None:
    """The longest side is bounded, the shape kept, nothing enlarged, nothing vanishes."""
    assert (24, 16) == bound(scene(), 24).size
    assert (48, 32) == bound(scene(), 48).size
    assert (48, 32) == bound(scene(), 1000).size
    assert (100, 1) == bound(Image.new("RGB", (1000, 2)), 100).size


def test_encode() -> None:
    """PNG keeps every pixel, JPEG nearly; nothing else is written."""
    picture = scene()
    assert 0 == difference(picture, Image.open(io.BytesIO(encode(picture))))
    jpeg = Image.open(io.BytesIO(encode(picture, "image/jpeg")))
    assert "JPEG" == jpeg.format
    assert difference(picture, jpeg) < 4
    assert len(encode(picture, "image/jpeg", quality=30)) < len(encode(picture, "image/jpeg"))
    with pytest.raises(ValueError, match="image/gif"):
        encode(picture, "image/gif")
