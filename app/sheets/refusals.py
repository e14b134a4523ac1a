"""Why a whole file cannot be read, one class a reason."""

from __future__ import annotations

from app.errors import N_, RuleBroken


class SheetUnreadable(RuleBroken):
    """The file as a whole cannot be read; no row of it was judged."""

    code = "unreadable"
    message = N_(
        "“%(file)s” cannot be read. "
        "Open it in Excel or WPS, save it again as XLSX, and try once more."
    )


class FileTooLarge(SheetUnreadable):
    code = "too_large"
    message = N_("“%(file)s” is larger than %(limit_mb)s MB. Split it into smaller files.")


class UnpacksTooLarge(SheetUnreadable):
    code = "too_large"
    message = N_(
        "“%(file)s” unpacks to more than a sheet may hold. "
        "Copy the rows into a new file and try again."
    )


class TooManyCells(SheetUnreadable):
    code = "too_large"
    message = N_(
        "“%(file)s” reaches beyond %(rows)s rows, %(columns)s columns or %(cells)s cells. "
        "Delete stray cells far from the table, or split the file."
    )


class SheetTooHeavy(SheetUnreadable):
    """Reading it took more time or memory than a sheet may, or ended the process that read it."""

    code = "too_heavy"
    message = N_(
        "“%(file)s” takes too long or too much memory to read. "
        "Copy the rows into a new file and try again, or split it."
    )


class FileEmpty(SheetUnreadable):
    code = "empty"
    message = N_("“%(file)s” holds no rows.")


class NotASheet(SheetUnreadable):
    code = "not_a_sheet"
    message = N_("“%(file)s” is neither an XLSX workbook nor a CSV file.")


class LegacyWorkbook(SheetUnreadable):
    code = "legacy_workbook"
    message = N_("“%(file)s” is an old XLS workbook. Save it as XLSX and try again.")


class EncryptedWorkbook(SheetUnreadable):
    code = "encrypted_workbook"
    message = N_("“%(file)s” is protected by a password. Remove the password and try again.")


class NotText(SheetUnreadable):
    code = "not_text"
    message = N_(
        "“%(file)s” is not text in UTF-8 or GB18030. Save it as XLSX or as CSV UTF-8 and try again."
    )


class QuotesUnbalanced(SheetUnreadable):
    code = "unbalanced_quotes"
    message = N_(
        "In “%(file)s” a quotation mark near line %(line)s is not closed properly, "
        "so rows would run together."
    )


class MissingColumn(SheetUnreadable):
    """A column without which no row can be judged; `columns` names them in the sheet's words."""

    code = "missing_column"
    message = N_("The sheet lacks a column it needs: %(columns)s.")


class DuplicateColumn(SheetUnreadable):
    code = "duplicate_column"
    message = N_("The sheet says the same thing twice: %(columns)s. Keep one of them.")
