"""What a paper may be, what it is printed with, and which characters cannot be printed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, NamedTuple

import pylopdf_fonts_jp as rarer
import pylopdf_fonts_zh_cn as simplified
import pylopdf_fonts_zh_tw as traditional

from app.errors import N_, RuleBroken

# What Debian and Ubuntu call the libraries that set the text; ./run names the same ones.
SYSTEM_PACKAGES = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")
MEDIA_TYPE = "application/pdf"


class Bounds(NamedTuple):
    """How much one PDF may be; beyond it the maker refuses instead of filling the machine."""

    html_bytes: int = 4_000_000
    pages: int = 2_000
    seconds: int = 900


class Face(NamedTuple):
    """One font file under the name style sheets know it by."""

    family: str
    file: Path


# Song for certificates, hei for tables. Of each the simplified face first; it lacks a few hundred
# characters people are named with (𠮷), which one of the others has: only together do they print.
FACES = (
    Face("Qicai Song SC", simplified.serif_path()),
    Face("Qicai Song TC", traditional.serif_path()),
    Face("Qicai Song JP", rarer.serif_path()),
    Face("Qicai Hei SC", simplified.sans_path()),
    Face("Qicai Hei TC", traditional.sans_path()),
    Face("Qicai Hei JP", rarer.sans_path()),
)


class PdfUnavailable(RuleBroken):
    code: ClassVar[str] = "pdf_unavailable"
    message = N_(
        "This machine cannot make PDF files yet: libraries are missing. Whoever keeps it"
        " installs them with: %(line)s"
    )

    def __init__(self, line: str = "sudo apt-get install " + " ".join(SYSTEM_PACKAGES)) -> None:
        super().__init__(line=line)


class PaperTooLong(RuleBroken):
    code = "too_long"
    message = N_("This would be a PDF of more than %(pages)s pages. Divide it into parts.")


class PaperTooSlow(RuleBroken):
    code = "too_slow"
    message = N_(
        "Making this PDF took longer than %(minutes)s minutes and was stopped."
        " Divide it into parts."
    )


def missing_glyphs(text: str) -> str:
    """Return the characters of a text that no embedded font has, each once."""
    known = _printable()
    unknown = (each for each in text if ord(each) not in known and not _is_unseen(each))
    return "".join(dict.fromkeys(unknown))


@lru_cache(maxsize=1)
def _printable() -> frozenset[int]:
    return frozenset(code for face in FACES for code in _codes_of(face.file))


def _codes_of(file: Path) -> Iterator[int]:
    from fontTools.ttLib import TTFont

    with TTFont(file, lazy=True) as font:
        yield from font.getBestCmap()


def _is_unseen(character: str) -> bool:
    """Tell whether a character has no shape of its own: spaces, joiners, variation selectors."""
    if unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp", "Zs"}:
        return True
    return 0xFE00 <= ord(character) <= 0xFE0F or 0xE0100 <= ord(character) <= 0xE01EF
