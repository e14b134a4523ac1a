"""Pictures drawn anew: upright, bare, in two sizes; hostile files end in one sentence."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import pytest
from PIL import Image

from app.pictures.apart import shrink_apart
from app.pictures.rules import (
    MOST_BYTES,
    BadPicture,
    Bounds,
    BrokenPicture,
    HeicPicture,
    MovingPicture,
    PictureTooBig,
    PictureTooHeavy,
    TooManyPixels,
)
from tests.pictures.conftest import WIDE, encoded, noise, opened

GPS, ORIENTATION, MAKER = 0x8825, 0x0112, 0x010F
PHOTO = encoded(noise())


def test_a_large_photo_comes_in_two_sizes() -> None:
    shrunk = shrink_apart(encoded(noise((2000, 1000)), quality=50))
    assert shrunk.large[:2] == (1600, 800)
    assert shrunk.small[:2] == (400, 200)
    for face in (shrunk.large, shrunk.small):
        assert opened(face.content).format == "WEBP"
        assert opened(face.content).size == face[:2]


def test_a_small_photo_is_not_blown_up() -> None:
    assert shrink_apart(PHOTO).large[:2] == shrink_apart(PHOTO).small[:2] == WIDE


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("L", "JPEG"), ("CMYK", "JPEG"), ("LA", "PNG"), ("RGBA", "PNG"), ("P", "PNG"),
        ("1", "PNG"), ("RGB", "WEBP"), ("RGBA", "WEBP"),
    ],
)  # fmt: skip
def test_every_mode_becomes_a_plain_picture(mode: str, kind: str) -> None:
    face = shrink_apart(encoded(noise().convert(mode), kind)).large
    assert (opened(face.content).mode, face[:2]) == ("RGB", WIDE)


def test_sixteen_bits_keep_their_brightness() -> None:
    deep = Image.new("I;16", WIDE, 0x8000)
    level = opened(shrink_apart(encoded(deep, "PNG")).large.content).convert("L").getpixel((5, 5))
    assert level == pytest.approx(128, abs=3)


def test_what_is_clear_becomes_white() -> None:
    clear = Image.new("RGBA", WIDE, (0, 0, 0, 0))
    drawn = opened(shrink_apart(encoded(clear, "PNG")).large.content)
    assert min(drawn.convert("L").tobytes()) > 250


def test_it_stands_upright_and_nothing_of_the_camera_is_left() -> None:
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKER] = 6, "谷雨牌"
    exif.get_ifd(GPS)[1] = "N"
    photo = encoded(noise(), exif=exif, comment=b"secret", icc_profile=b"x" * 200)
    assert b"secret" in photo
    shrunk = shrink_apart(photo)
    assert shrunk.large[:2] == (80, 120)
    for face in (shrunk.large, shrunk.small):
        drawn = opened(face.content)
        assert not drawn.getexif()
        assert not {"exif", "icc_profile", "xmp", "comment"} & set(drawn.info)
        assert b"secret" not in face.content


def test_the_name_does_not_count_and_a_tail_is_cut_off() -> None:
    """A JPEG that is an archive and a page as well: only its pixels come through."""
    tail = b"PK\x03\x04<script>alert(1)</script>"
    shrunk = shrink_apart(PHOTO + tail)
    assert shrunk.sha256 == shrink_apart(PHOTO).sha256
    assert b"<script>" not in shrunk.large.content + shrunk.small.content


def test_the_same_pixels_are_known_again_and_others_are_not() -> None:
    image = noise()
    plain = shrink_apart(encoded(image, "PNG"))
    exif = Image.Exif()
    exif[MAKER] = "谷雨牌"
    assert shrink_apart(encoded(image, "PNG", exif=exif)).sha256 == plain.sha256
    assert shrink_apart(encoded(image, "WEBP", lossless=True)).sha256 == plain.sha256
    assert shrink_apart(encoded(noise(), "PNG")).sha256 != plain.sha256


def moving(kind: str) -> bytes:
    return encoded(noise(), kind, save_all=True, append_images=[noise()], duration=100)


def bomb() -> bytes:
    """A PNG of a few bytes that says it is 60,000 by 60,000."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 1, 0, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b"")]
    chunks = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", BadPicture),
        (b"GIF89a" + bytes(50), BadPicture),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", BadPicture),
        (b"%PDF-1.7", BadPicture),
        (b"\0\0\0\x18ftypheic" + bytes(50), HeicPicture),
        (b"\xff\xd8\xff<html>", BrokenPicture),
        (PHOTO[:-400], BrokenPicture),
        (PHOTO[:30], BrokenPicture),
        (b"RIFF\x10\0\0\0WEBPnonsense", BrokenPicture),
        (moving("PNG"), MovingPicture),
        (moving("WEBP"), MovingPicture),
        (bomb(), TooManyPixels),
        (b"\xff\xd8\xff" + bytes(MOST_BYTES), PictureTooBig),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else None,
)
def test_what_is_no_photo_is_refused(content: bytes, refusal: Any) -> None:
    with pytest.raises(BadPicture) as refused:
        shrink_apart(content)
    assert type(refused.value) is refusal
    assert str(refused.value)


@pytest.mark.parametrize("bounds", [Bounds(wall_seconds=0), Bounds(memory_bytes=40_000_000)])
def test_beyond_the_bounds_it_is_given_up(bounds: Bounds) -> None:
    with pytest.raises(PictureTooHeavy):
        shrink_apart(encoded(noise((1500, 1500)), quality=40), bounds)


def test_a_photo_of_endless_scans_is_refused_before_it_is_drawn() -> None:
    from app.pictures.rules import MOST_SCANS, PictureTooHeavy, check_scans

    check_scans(b"\xff\xda" * MOST_SCANS, "JPEG")
    with pytest.raises(PictureTooHeavy):
        check_scans(b"\xff\xda" * (MOST_SCANS + 1), "JPEG")
