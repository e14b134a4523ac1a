"""The ZIP around an XLSX workbook: bounded, unpacked, and packed again plainly.

Python's and calamine's ZIP readers may disagree about a crafted file. Calamine
is therefore handed a new package of exactly the bytes that were measured here.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib

from app.sheets.limits import Limits
from app.sheets.refusals import EncryptedWorkbook, NotASheet, SheetUnreadable, UnpacksTooLarge

_WORKBOOK = "xl/workbook.xml"
_KEPT = (".xml", ".rels")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCODING = re.compile(rb"""<\?xml[^<>]*?\sencoding\s*=\s*["']([^"']*)""")


def opened_package(content: bytes, filename: str, limits: Limits) -> dict[str, bytes]:
    """Return the XML parts of a workbook by name, all in UTF-8."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            members = package.infolist()
            _bound(members, filename, limits)
            kept = [member for member in members if member.filename.lower().endswith(_KEPT)]
            parts = {member.filename: package.read(member) for member in kept}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError):
        raise SheetUnreadable(file=filename) from None
    if not all(map(_is_utf8, parts.values())):
        raise SheetUnreadable(file=filename)
    return parts


def repacked(parts: dict[str, bytes]) -> io.BytesIO:
    """Pack the parts, taking each out of the dict so that no part is held twice for long."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as package:
        while parts:
            name, part = parts.popitem()
            package.writestr(zipfile.ZipInfo(name), part)
    stream.seek(0)
    return stream


def _bound(members: list[zipfile.ZipInfo], filename: str, limits: Limits) -> None:
    names = {member.filename.lower() for member in members}
    if _WORKBOOK not in names:
        raise NotASheet(file=filename)
    if any(member.flag_bits & 1 for member in members):
        raise EncryptedWorkbook(file=filename)
    if len(names) != len(members) or any(
        member.compress_type not in _METHODS for member in members
    ):
        raise SheetUnreadable(file=filename)
    # ZipFile never yields more than the size a member declares, so the declared sizes bound it.
    if (
        len(members) > limits.members
        or sum(member.file_size for member in members) > limits.unpacked_bytes
        or any(_is_bomb(member, limits) for member in members)
    ):
        raise UnpacksTooLarge(file=filename)


def _is_bomb(member: zipfile.ZipInfo, limits: Limits) -> bool:
    large = member.file_size > limits.ratio_from_bytes
    return large and member.file_size > limits.ratio * member.compress_size


def _is_utf8(part: bytes) -> bool:
    """Anything else would be read otherwise by calamine than it is measured here."""
    declared = _ENCODING.match(part.removeprefix(b"\xef\xbb\xbf")[:200])
    return b"\0" not in part[:200] and (
        not declared or declared[1].lower() in (b"utf-8", b"utf8", b"us-ascii")
    )
