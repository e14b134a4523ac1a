"""Why a backup is not made or not brought back, each in one sentence."""

from __future__ import annotations

from app.errors import N_, RuleBroken


class FileExists(RuleBroken):
    code = "file_exists"
    message = N_("%(file)s exists already; a backup never writes over a file.")


class NotThere(RuleBroken):
    code = "file_missing"
    message = N_("There is no file %(file)s.")


class NotSound(RuleBroken):
    code = "not_sound"
    message = N_("The copy does not verify: %(faults)s. It is left in %(file)s.")


class RefusedBackup(RuleBroken):
    code = "not_sound"
    message = N_("The file does not verify: %(faults)s. Nothing was changed.")


class StillInUse(RuleBroken):
    code = "database_in_use"
    message = N_("The database is in use (%(holder)s). Stop the server first, then restore.")


class NoPlaceGiven(RuleBroken):
    code = "no_place_given"
    message = N_("Say where to: flask backup FILE, flask backup --into DIR, or QICAI_BACKUP_DIR.")


class BackupRuns(RuleBroken):
    code = "backup_runs"
    message = N_("Another backup is being made in %(folder)s.")


class NotARecipient(RuleBroken):
    code = "not_a_recipient"
    message = N_("What to encrypt to begins with age1 (flask backup-key FILE makes a pair).")


class NotAKey(RuleBroken):
    code = "not_a_key"
    message = N_("%(file)s holds no key: a line that begins with AGE-SECRET-KEY-1.")


class KeyNeeded(RuleBroken):
    code = "key_needed"
    message = N_("The file is encrypted. Give the key: flask restore FILE --key KEYFILE")


class WrongKey(RuleBroken):
    code = "wrong_key"
    message = N_("The key does not open this file, or the file is damaged. Nothing was changed.")


class ManifestDamaged(RuleBroken):
    code = "manifest_damaged"
    message = N_(
        "The manifest beside %(file)s cannot be read, so nothing says whether the file is as it was"
        " made. Look why; only if it is lost for good, take it away and give the command again."
        " Nothing was changed."
    )


class Damaged(RuleBroken):
    code = "file_damaged"
    message = N_(
        "%(file)s is not as it was made: %(size)s bytes where %(made_size)s were written, or"
        " another SHA-256. Nothing was changed."
    )


class NoBackup(RuleBroken):
    code = "no_backup"
    message = N_("%(file)s is no backup of Qicai. Nothing was changed.")


class OtherEngine(RuleBroken):
    code = "other_engine"
    message = N_(
        "The backup is of %(made)s and DATABASE_URL names %(here)s. Restore it into a database of"
        " its own kind, and move it then (flask copy-to)."
    )


class SchemaNewer(RuleBroken):
    code = "schema_newer"
    message = N_(
        "The backup was made by a newer Qicai (schema %(version)s). Install that one first."
        " Nothing was changed."
    )


class WouldLose(RuleBroken):
    code = "would_lose"
    message = N_(
        "The present database holds what the backup does not: %(entries)s entries, %(records)s"
        " records, %(changes)s changes in all. They would stay in the database kept aside only."
        " With --yes it is restored all the same. Nothing was changed."
    )


class OtherBooks(RuleBroken):
    code = "other_books"
    message = N_(
        "The backup is not of these books: neither continues the other. With --yes it takes their"
        " place all the same. Nothing was changed."
    )


class ChangedMeanwhile(RuleBroken):
    code = "changed_meanwhile"
    message = N_("The present database was written to meanwhile. Stop the server first.")


class ToolMissing(RuleBroken):
    code = "tool_missing"
    message = N_(
        "%(tool)s of PostgreSQL %(version)s or newer is needed: install postgresql-client, or"
        " name its folder in QICAI_PG_BIN."
    )


class ToolFailed(RuleBroken):
    code = "tool_failed"
    message = N_("%(tool)s did not succeed: %(error)s")


class MayNotMake(RuleBroken):
    code = "may_not_make"
    message = N_(
        "The role that migrates may not make a database beside the present one. As a superuser:"
        " ALTER ROLE %(role)s CREATEDB"
    )


class NotAList(RuleBroken):
    code = "not_a_list"
    message = N_("%(file)s is no list of erasures (flask erasures FILE writes one).")
