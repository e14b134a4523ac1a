"""What the doctor says of backups and audits: whether there are any, how old, how they ended."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from app.audit.findings import Finding, Patient, aware
from app.audit.last_backup import last_backup
from app.audit.reading import Reading
from app.errors import N_

# A public key as age writes it.
RECIPIENT = re.compile(r"age1[02-9ac-hj-np-z]{58}")
BACKUP_MAY_BE = timedelta(hours=30)
AUDIT_MAY_BE = timedelta(hours=36)


def backups(patient: Patient) -> Finding:
    """Tell how old the newest backup is that holds what it should."""
    folder, recipient = patient.config["BACKUP_DIR"], patient.config["BACKUP_RECIPIENT"]
    if recipient and not RECIPIENT.fullmatch(recipient):
        return Finding(
            "backups",
            "bad",
            N_("No backup can be encrypted to QICAI_BACKUP_RECIPIENT, so none is made."),
            {},
            N_("It begins with age1; `flask backup-key FILE` makes one and prints it."),
        )
    if not folder:
        return Finding(
            "backups",
            "warning",
            N_("No backups are made by themselves."),
            {},
            N_("Set QICAI_BACKUP_DIR to a folder on another disk: one is made each night then."),
        )
    figures = {"folder": folder}
    try:
        last = last_backup(Path(folder))
    except OSError:
        return Finding(
            "backups",
            "bad",
            N_("The backup folder %(folder)s cannot be read."),
            figures,
            N_("Make it, and let the user that runs Qicai write there."),
        )
    if last is None:
        told = N_("There is no backup in %(folder)s.")
        return Finding("backups", "bad", told, figures, N_("Run: flask backup"))
    return _aged_backup(last.file, last.made_at, patient.now)


def _aged_backup(file: str, made_at: datetime, now: datetime) -> Finding:
    return Finding(
        "backups",
        "bad" if now - made_at > BACKUP_MAY_BE else "good",
        N_("The newest backup is %(file)s of %(at)s."),
        {"file": file, "at": made_at},
        N_("Look at the log of the worker or of qicai-backup; or run: flask backup"),
    )


def audits(reading: Reading, patient: Patient) -> Iterator[Finding]:
    """Tell how the last audit of each kind ended; of the full one also that there is one."""
    for kind in ("full", "quick"):
        rows = reading.rows(
            "SELECT is_clean, ended_at FROM audit_runs "
            f"WHERE kind = '{kind}' ORDER BY id DESC LIMIT 1"
        )
        if rows:
            yield _last_audit(bool(rows[0][0]), aware(rows[0][1], patient.now), patient.now)
        elif kind == "full":
            told = N_("The books have not been audited yet; the worker does it each night.")
            advice = N_("On the page of the audit one tap starts it now.")
            yield Finding("audit", "warning", told, {}, advice)


def _last_audit(is_clean: bool, ended_at: datetime, now: datetime) -> Finding:
    if not is_clean:
        return Finding(
            "audit",
            "bad",
            N_("The audit of %(at)s found something."),
            {"at": ended_at},
            N_("Run `flask audit` and look at what it names, before anything else is posted."),
        )
    return Finding(
        "audit",
        "warning" if now - ended_at > AUDIT_MAY_BE else "good",
        N_("The audit of %(at)s found nothing wrong."),
        {"at": ended_at},
        N_("The worker audits each night; keep `flask work` running."),
    )
