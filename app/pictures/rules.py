"""What may come in as a picture, told by its first bytes, and why one is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from app.errors import N_, RuleBroken

MEGABYTE = 2**20
MOST_BYTES = 5 * MEGABYTE
MILLION = 1_000_000
MOST_PIXELS = 60 * MILLION
LONGEST_SIDES = {"large": 1600, "small": 400}
MEDIA_TYPE = "image/webp"
# A progressive photo has about ten scans; one of thousands is made to keep a machine busy.
MOST_SCANS = 100
_SCAN = b"\xff\xda"

Size = Literal["large", "small"]
Kind = Literal["JPEG", "PNG", "WEBP"]

_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the process that decodes one picture may use."""

    memory_bytes: int = 1_200 * MEGABYTE  # of address space; what is really used is far less
    cpu_seconds: int = 6
    wall_seconds: int = 10
    answer_bytes: int = 10 * MEGABYTE


class Face(NamedTuple):
    """One size of a picture, as it is sent to a browser."""

    width: int
    height: int
    content: bytes


class Shrunk(NamedTuple):
    """A picture drawn anew: upright, without what the camera wrote beside it, in two sizes.

    `sha256` is of the pixels, so the same photo is known again under another name or date.
    """

    sha256: str
    large: Face
    small: Face


class BadPicture(RuleBroken):
    """The file is no picture of a kind we take."""

    code = "bad_picture"
    message = N_("This is no photo that can be read here. Choose a JPEG, PNG or WebP picture.")


class PictureTooBig(BadPicture):
    """More bytes than one picture may have."""

    message = N_("The photo is larger than %(most)s MB. Send a smaller one.")

    def __init__(self) -> None:
        super().__init__(most=MOST_BYTES // MEGABYTE)


class TooManyPixels(BadPicture):
    """More pixels than are drawn, however few bytes they take."""

    message = N_(
        "The photo has %(width)s × %(height)s pixels, more than %(most)s million. "
        "Send a smaller one."
    )

    def __init__(self, width: int, height: int) -> None:
        super().__init__(width=width, height=height, most=MOST_PIXELS // MILLION)


class BrokenPicture(BadPicture):
    """It begins as a picture and then cannot be drawn."""

    message = N_("The photo is damaged or incomplete. Take it anew, or choose another one.")


class HeicPicture(BadPicture):
    """What iPhones keep unless told otherwise."""

    message = N_(
        "This is a HEIC photo, which only some phones can show. On an iPhone: Settings, Camera, "
        "Formats, Most Compatible; or send a screenshot of it."
    )


class MovingPicture(BadPicture):
    """Several frames."""

    message = N_("This picture moves. Choose a photo that stands still.")


class PictureTooHeavy(BadPicture):
    """Drawing it took more time or memory than a photo needs."""

    message = N_("The photo could not be drawn within the time. Send a smaller one.")


REFUSALS: dict[str, type[BadPicture]] = {
    "broken": BrokenPicture,
    "moving": MovingPicture,
    "heavy": PictureTooHeavy,
}


def kind_of(content: bytes) -> Kind:
    """Return what a file is by its first bytes, whatever its name says, or refuse it."""
    if len(content) > MOST_BYTES:
        raise PictureTooBig
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        raise HeicPicture
    raise BadPicture


def check_scans(content: bytes, kind: Kind) -> None:
    """Refuse a photo that is drawn over and over before it is whole."""
    if kind == "JPEG" and content.count(_SCAN) > MOST_SCANS:
        raise PictureTooHeavy
