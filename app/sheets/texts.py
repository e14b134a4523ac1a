"""Text, names, codes, phones and lists as people type them, tidied the same way everywhere."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from functools import lru_cache

from app.errors import N_, RuleBroken
from app.sheets.cells import ZERO_WIDTH, Cell, is_error, shown, text_of

_CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff〇"
_PADDING = re.compile(rf"(?<=[{_CJK}·]) +(?=[{_CJK}·])")
_DOTS = str.maketrans(dict.fromkeys("•・‧∙⋅･", "·"))
_PHONE = re.compile(r"\+?[0-9][0-9()\- ]*(?:\.0)?")
_LIST = re.compile(r"[、;；,，\n]")


class BadText(RuleBroken):
    code = "missing"
    message = N_("“%(cell)s” is an Excel error, not a value.")


class BadPhone(RuleBroken):
    code = "bad_phone"
    message = N_(
        "“%(cell)s” is not a phone number. Write its digits only, in a cell formatted as text."
    )


@lru_cache(maxsize=8192, typed=True)
def parse_text(cell: Cell) -> str:
    """Return trimmed text without invisible characters; lines stay. Raises BadText for #N/A."""
    if is_error(cell):
        raise BadText(cell=cell)
    # 1.50 and 1.5 are one cache key, so they must be one text.
    text = text_of(cell.normalize() if isinstance(cell, Decimal) else cell)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return lines.translate(ZERO_WIDTH).strip()


@lru_cache(maxsize=8192, typed=True)
def parse_name(cell: Cell) -> str:
    """Return a name in one spelling: '张　三' → '张三', 'Anna  Lee' → 'Anna Lee', one dot."""
    name = unicodedata.normalize("NFKC", parse_text(cell).translate(_DOTS))
    return _PADDING.sub("", " ".join(name.split()))


@lru_cache(maxsize=8192, typed=True)
def parse_code(cell: Cell) -> str:
    """Return a number or id in half width and without spaces; its case stays."""
    return "".join(unicodedata.normalize("NFKC", parse_text(cell)).split())


@lru_cache(maxsize=8192, typed=True)
def parse_phone(cell: Cell) -> str:
    """Return a phone's digits, '+86' left off. Raises BadPhone."""
    text = unicodedata.normalize("NFKC", parse_text(cell))
    if not _PHONE.fullmatch(text):
        raise BadPhone(cell=shown(cell))
    digits = "".join(filter(str.isdigit, text.removesuffix(".0")))
    if text.startswith("+86") or (len(digits) == 13 and digits.startswith("861")):
        digits = digits.removeprefix("86")
    elif len(digits) == 15 and digits.startswith("0086"):
        digits = digits.removeprefix("0086")
    if not 5 <= len(digits) <= 15:
        raise BadPhone(cell=shown(cell))
    return digits


def parse_list(cell: Cell) -> tuple[str, ...]:
    """Return the parts of a cell parted by 、 or ; (commas and lines too), blanks left out."""
    parts = (parse_name(part) for part in _LIST.split(parse_text(cell)))
    return tuple(part for part in parts if part)
