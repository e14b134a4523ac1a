"""Read one XLSX or CSV file, told apart by content and bounded before parsing."""

from __future__ import annotations

from pathlib import Path

from app.sheets.cells import Sheet
from app.sheets.delimited import read_csv
from app.sheets.limits import MEGABYTE, Limits
from app.sheets.refusals import (
    EncryptedWorkbook,
    FileEmpty,
    FileTooLarge,
    LegacyWorkbook,
    NotASheet,
)
from app.sheets.workbook import read_xlsx

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHER_KINDS = (b"%PDF", b"{\\rtf", b"PK\x05\x06", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b")
_ENCRYPTED_MARK = "EncryptedPackage".encode("utf-16-le")
DEFAULT_LIMITS = Limits()


def read_sheet(source: Path | bytes, filename: str, limits: Limits = DEFAULT_LIMITS) -> Sheet:
    """Return the first visible filled worksheet, or the CSV's rows; else raise SheetUnreadable.

    `filename` is only what the person calls the file: for messages and a CSV's name.
    """
    content = content_of(source, filename, limits)
    if content.startswith(_ZIP):
        return read_xlsx(content, filename, limits)
    if content.startswith(_OLE):
        raise (EncryptedWorkbook if _ENCRYPTED_MARK in content else LegacyWorkbook)(file=filename)
    if content.startswith(_OTHER_KINDS) or content[:200].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(
        b"<"
    ):
        raise NotASheet(file=filename)
    return read_csv(content, filename, limits)


def content_of(source: Path | bytes, filename: str, limits: Limits) -> bytes:
    """Return a file's bytes, never more than may be; refuse an empty one."""
    if isinstance(source, Path):
        with source.open("rb") as stream:
            source = stream.read(limits.file_bytes + 1)
    if len(source) > limits.file_bytes:
        raise FileTooLarge(file=filename, limit_mb=limits.file_bytes // MEGABYTE)
    if not source:
        raise FileEmpty(file=filename)
    return source
