"""Draw a picture anew from its pixels; runs in a process of its own (app/pictures/apart.py)."""

from __future__ import annotations

import contextlib
import hashlib
import io

from PIL import Image, ImageFile, ImageOps
from PIL.JpegImagePlugin import JpegImageFile

from app.pictures.rules import LONGEST_SIDES, MOST_PIXELS, Face, Kind, Shrunk, Size

QUALITY = 80
STRIP_ROWS = 256
WHITE = (255, 255, 255)
DEEP_MODES = ("I", "I;16", "I;16B", "I;16L", "I;16N")
BRIGHTEST_DEEP = 65_535


class Moves(Exception):
    """There is more than one frame."""


class Vast(Exception):
    """There are more pixels than may be drawn."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__(width, height)
        self.width = width
        self.height = height


def shrink(content: bytes, kind: Kind) -> Shrunk:
    """Return a picture upright, without any metadata, in two sizes."""
    # Judged here by the true figure: Pillow would only warn up to twice as many.
    Image.MAX_IMAGE_PIXELS = None
    with Image.open(io.BytesIO(content), formats=(kind,)) as opened:
        width, height = opened.size
        if width * height > MOST_PIXELS:
            raise Vast(width, height)
        # A phone's JPEG may hold a second, smaller picture; the first is the photo.
        if kind != "JPEG" and getattr(opened, "n_frames", 1) > 1:
            raise Moves
        drawn = _drawn(opened)
    return Shrunk(_sha256_of(drawn), _face(drawn, "large"), _face(drawn, "small"))


def _drawn(opened: ImageFile.ImageFile) -> Image.Image:
    """Return the pixels as the eye sees them: upright, eight bits, on white."""
    if isinstance(opened, JpegImageFile):
        # Decoded at a half or a quarter where that is enough: a fraction of time and memory.
        opened.draft("RGB", (LONGEST_SIDES["large"],) * 2)
    opened.load()
    upright: Image.Image = opened
    # What the camera wrote may be damaged; the photo is then as it lies.
    with contextlib.suppress(Exception):
        upright = ImageOps.exif_transpose(opened)
    if upright.mode in DEEP_MODES:
        upright = _eight_bits(upright)
    canvas = Image.new("RGB", upright.size, WHITE)
    if "A" in upright.getbands() or "transparency" in upright.info:
        clear = upright.convert("RGBA")
        canvas.paste(clear, mask=clear.getchannel("A"))
    else:
        canvas.paste(upright.convert("RGB"))
    return canvas


def _eight_bits(deep: Image.Image) -> Image.Image:
    """Return a grey picture of sixteen bits in eight: Pillow itself would only cut it off."""
    whole = deep.convert("I")
    # An "I" picture is scaled by a factor alone.
    return whole.point(lambda value: value * (255 / BRIGHTEST_DEEP) + 0).convert("L")


def _sha256_of(drawn: Image.Image) -> str:
    sha256 = hashlib.sha256(f"{drawn.width}x{drawn.height}:".encode())
    for top in range(0, drawn.height, STRIP_ROWS):
        bottom = min(top + STRIP_ROWS, drawn.height)
        sha256.update(drawn.crop((0, top, drawn.width, bottom)).tobytes())
    return sha256.hexdigest()


def _face(drawn: Image.Image, size: Size) -> Face:
    longest = LONGEST_SIDES[size]
    scale = min(longest, max(drawn.size))
    width, height = (max(1, side * scale // max(drawn.size)) for side in drawn.size)
    face = drawn.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
    # The pixels alone: nothing that stood beside them comes along.
    face.info = {}
    out = io.BytesIO()
    face.save(out, "WEBP", quality=QUALITY, method=4)
    return Face(face.width, face.height, out.getvalue())
