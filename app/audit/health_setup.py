"""What the doctor looks at around the database: settings of an instance that others reach."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from pathlib import Path

from app.audit.findings import Finding, Patient
from app.audit.reading import CannotRead, sqlite_file
from app.errors import N_
from app.safety import NETWORK_FILE_SYSTEMS, file_system_of

# What OWASP asks of argon2id at the least.
LEAST_ARGON2_KIB = 19 * 1024
LEAST_ARGON2_ROUNDS = 2
# Folders of another system, shared with a virtual machine: locks may hold, or may not.
DOUBTFUL_FILE_SYSTEMS = frozenset({"9p", "virtiofs", "vboxsf", "drvfs", "fuse.grpcfuse"})


def setup(patient: Patient) -> Iterator[Finding]:
    """Tell of each setting whether it fits an instance that others reach."""
    version = {"version": platform.python_version(), "machine": sys.platform}
    yield Finding("python", "good", N_("Python %(version)s on %(machine)s."), version)
    yield from _file_system(patient)
    yield _secret(patient)
    yield _passwords(patient)
    yield _reached(patient)
    yield _mail(patient)
    yield _metrics(patient)


def _file_system(patient: Patient) -> Iterator[Finding]:
    if not patient.config["DATABASE_URL"].startswith("sqlite"):
        return
    try:
        file = sqlite_file(patient.config["DATABASE_URL"])
    except CannotRead:
        return
    kind = file_system_of(file)
    is_network = kind in NETWORK_FILE_SYSTEMS
    is_doubtful = kind in DOUBTFUL_FILE_SYSTEMS or kind.startswith("fuse.")
    yield Finding(
        "file system",
        "bad" if is_network else "warning" if is_doubtful else "good",
        N_("The database file lies on %(kind)s.") if kind else N_("The file system is not known."),
        {"kind": kind},
        N_("Put it on a disk of this machine, or use PostgreSQL: commits may get lost there."),
    )


def _secret(patient: Patient) -> Finding:
    # Said by where it is, never by what it is.
    lies = (Path(patient.config["INSTANCE_DIR"]) / "secret_key").exists()
    sentence = (
        N_("The secret lies in the instance folder; back it up with the database.")
        if lies
        else N_("The secret comes from SECRET_KEY; keep it with the backups.")
    )
    return Finding("secret", "good", sentence)


def _passwords(patient: Patient) -> Finding:
    memory, rounds = patient.config["ARGON2_MEMORY_KIB"], patient.config["ARGON2_TIME_COST"]
    is_cheap = memory < LEAST_ARGON2_KIB or rounds < LEAST_ARGON2_ROUNDS
    return Finding(
        "passwords",
        "warning" if is_cheap else "good",
        N_("A password's hash takes %(memory)s KiB and %(rounds)s rounds."),
        {"memory": memory, "rounds": rounds},
        N_("That is little: unset ARGON2_MEMORY_KIB and ARGON2_TIME_COST."),
    )


def _reached(patient: Patient) -> Finding:
    """Tell how the site is reached, by what the settings say of it."""
    config, figures = patient.config, {"count": patient.config["PROXY_COUNT"]}
    if not config["PROXY_COUNT"]:
        return Finding(
            "reached",
            "good",
            N_("No proxy stands in front: the site is for this machine or its own network."),
        )
    told, advice = N_("%(count)s proxies stand in front."), ""
    if not config["TRUSTED_HOSTS"]:
        advice = N_("Set TRUSTED_HOSTS to the names the site answers to.")
    elif not config["SESSION_COOKIE_SECURE"]:
        advice = N_("Set HTTPS=1: without it sign-ins travel open.")
    elif not str(config["PUBLIC_URL"]).startswith("https://"):
        advice = N_("Set QICAI_PUBLIC_URL to the site's https address, for slips and mails.")
    return Finding("reached", "warning" if advice else "good", told, figures, advice)


def _mail(patient: Patient) -> Finding:
    config = patient.config
    if not config["MAIL_SERVER"]:
        return Finding(
            "mail",
            "warning" if config["PROXY_COUNT"] else "good",
            N_("No mail server is set: mail is written to the worker's output, codes included."),
            {},
            N_("Set MAIL_SERVER: whoever reads the worker's log reads those codes."),
        )
    is_open = not (config["MAIL_USE_TLS"] or config["MAIL_USE_SSL"])
    return Finding(
        "mail",
        "warning" if is_open else "good",
        N_("Mail is handed over to %(server)s."),
        {"server": config["MAIL_SERVER"]},
        N_("Set MAIL_SECURITY to tls or ssl: mail travels open to that server."),
    )


def _metrics(patient: Patient) -> Finding:
    if patient.config["METRICS_TOKEN"]:
        return Finding("metrics", "good", N_("Figures are read with QICAI_METRICS_TOKEN."))
    if patient.config["PROXY_COUNT"]:
        told = N_("Nobody can read /metrics; QICAI_METRICS_TOKEN would open it.")
        return Finding("metrics", "good", told)
    return Finding("metrics", "good", N_("Figures are read from this machine only."))
