"""Why a community does not move, each in one sentence."""

from __future__ import annotations

from app.errors import N_, RuleBroken


class NotSQLite(RuleBroken):
    code = "not_sqlite"
    message = N_("Only a community in a SQLite file moves this way; this one is in %(engine)s.")


class NotPostgreSQL(RuleBroken):
    code = "not_postgresql"
    message = N_("The place to move to is named like postgresql://user@host/name.")


class TargetTooOld(RuleBroken):
    code = "target_too_old"
    message = N_("PostgreSQL %(version)s is too old: Qicai needs 14 or newer.")


class TargetNotUTF8(RuleBroken):
    code = "target_not_utf8"
    message = N_("The database there holds %(encoding)s, not UTF8: names would be lost in it.")


class TargetNotEmpty(RuleBroken):
    code = "target_not_empty"
    message = N_("The database there is not empty (%(tables)s). Nothing was changed; give another.")


class SourceBehind(RuleBroken):
    code = "source_behind"
    message = N_("The SQLite file is of another version. First: flask migrate-instance")


class SourceBusy(RuleBroken):
    code = "source_busy"
    message = N_("Somebody writes without a pause (%(error)s). Stop the server and try once more.")


class SourceViolated(RuleBroken):
    code = "source_violated"
    message = N_(
        "The audit finds something violated here: %(names)s. Look at it first (flask audit);"
        " --even-violated moves it as it is."
    )


class TextHoldsNul(RuleBroken):
    code = "text_holds_nul"
    message = N_(
        "PostgreSQL takes no NUL character, and %(table)s holds one in %(column)s"
        " (row %(row)s). Nothing was moved. Correct that text here first, then move again."
    )


class TextNotUTF8(RuleBroken):
    code = "text_not_utf8"
    message = N_(
        "%(table)s holds bytes that are no text in %(column)s (row %(row)s), and PostgreSQL takes"
        " none. Nothing was moved. Correct that text here first, then move again."
    )


class CopyDiffers(RuleBroken):
    code = "copy_differs"
    message = N_(
        "What arrived is not what was sent (%(tables)s). The community stays where it was."
    )


class MovedAlready(RuleBroken):
    code = "moved_already"
    message = N_("This community has moved already, to %(place)s.")


class NothingMoved(RuleBroken):
    code = "nothing_moved"
    message = N_("This file is in service; there is nothing to open again.")
