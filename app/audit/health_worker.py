"""What the doctor looks at behind the pages: jobs that wait, messages not sent, PDF files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from app.audit.findings import Finding, Patient, aware
from app.audit.reading import Reading
from app.errors import N_
from app.papers.engine import is_available
from app.papers.rules import SYSTEM_PACKAGES

WORKER_MAY_BE_SILENT = timedelta(seconds=60)
MESSAGE_DAYS = 7


def jobs(reading: Reading, patient: Patient) -> Iterator[Finding]:
    """Tell whether a worker does what waits."""
    waiting = reading.rows("SELECT count(*), min(queued_at) FROM jobs WHERE state = 'queued'")
    seen = reading.rows("SELECT max(seen_at) FROM job_workers")
    count, since = waiting[0]
    last = None if seen[0][0] is None else aware(seen[0][0], patient.now)
    is_silent = last is None or patient.now - last > WORKER_MAY_BE_SILENT
    is_waiting = count and patient.now - aware(since, patient.now) > WORKER_MAY_BE_SILENT
    if is_silent and is_waiting:
        yield Finding(
            "worker",
            "bad",
            N_("%(count)s jobs wait and no worker was seen lately."),
            {"count": count},
            N_("./run starts one beside the server; otherwise run `flask work`."),
        )
    elif is_silent:
        yield Finding(
            "worker",
            "warning",
            N_("No worker was seen lately: mail, seals and the nightly round rest."),
            {},
            N_("./run starts one beside the server; otherwise run `flask work`."),
        )
    else:
        yield Finding("worker", "good", N_("%(count)s jobs wait."), {"count": count})


def messages(reading: Reading, patient: Patient) -> Iterator[Finding]:
    """Tell how many messages were not sent of late, or only perhaps, and why; never to whom."""
    since = (patient.now - timedelta(days=MESSAGE_DAYS)).date()
    rows = reading.rows(f"""
        SELECT state, error, count(*) FROM notice_messages
        WHERE state IN ('failed', 'perhaps') AND ended_at >= '{since}'
          AND coalesce(error, '') NOT IN ('unwanted', 'closed', 'no_address')
        GROUP BY state, error ORDER BY 3 DESC, 2
    """)
    count = {
        state: sum(row[2] for row in rows if row[0] == state) for state in ("failed", "perhaps")
    }
    figures = {"count": count["failed"], "perhaps": count["perhaps"], "days": MESSAGE_DAYS}
    if not rows:
        sent = N_("All messages of the last %(days)s days that were due have been sent.")
        yield Finding("messages", "good", sent, figures)
        return
    yield Finding(
        "messages",
        "warning",
        N_("%(count)s messages of the last %(days)s days were not sent, %(perhaps)s perhaps."),
        {**figures, "error": rows[0][1] or rows[0][0]},
        N_(
            "Most often: %(error)s. Look at the mail settings; people still find every notice"
            " in the app."
        ),
    )


def papers() -> Finding:
    """Tell whether certificates and archives can be had as PDF."""
    if is_available():
        return Finding("papers", "good", N_("PDF files can be made."))
    return Finding(
        "papers",
        "warning",
        N_("PDF files cannot be made: libraries are missing. Everything else works."),
        {"packages": " ".join(SYSTEM_PACKAGES)},
        N_("Run: sudo apt-get install %(packages)s"),
    )
