"""Settings from the environment, each with its meaning; docs/operations.md lists them all."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.hosts import with_driver
from app.safety import (
    LOG_FORMATS,
    LOG_LEVELS,
    UnsafeConfiguration,
    one_of,
    refuse_secrets_apart,
    refuse_unsafe,
    whole,
)

ROOT = Path(__file__).resolve().parent.parent
DAY_SECONDS = 86_400
MAIL_SECURITIES = ("tls", "ssl", "none")
_ON, _OFF = {"1", "true", "yes", "on"}, {"", "0", "false", "no", "off"}
SMTP_BACKEND = "app.notices.email.VerifyingBackend"


def load(overrides: Mapping[str, object] | None = None) -> dict[str, Any]:
    """Return the app's configuration: defaults, then the environment, then overrides."""
    given: dict[str, Any] = {**os.environ, **(overrides or {})}
    instance = Path(str(given.get("INSTANCE_DIR") or ROOT / "instance"))
    # Never from the environment: a stray TESTING there would mean a secret everybody knows.
    testing = bool((overrides or {}).get("TESTING", False))
    config: dict[str, Any] = {
        # Where the embedded database and the generated secret live; not in the repository.
        "INSTANCE_DIR": str(instance),
        # sqlite:///path or postgresql://user@host/name, or @h1:p1,h2:p2/name for a primary and
        # its standbys; default: the embedded file.
        "DATABASE_URL": database_url(str(given.get("DATABASE_URL") or ""), instance),
        # A role that owns the tables, used by migrations only; default: DATABASE_URL.
        "MIGRATION_DATABASE_URL": with_driver(str(given.get("MIGRATION_DATABASE_URL") or "")),
        # A PostgreSQL role with least grants that every connection takes with SET ROLE.
        "DATABASE_ROLE": str(given.get("DATABASE_ROLE") or ""),
        # Signs cookies; generated into INSTANCE_DIR/secret_key when not given.
        "SECRET_KEY": str(given.get("SECRET_KEY") or ""),
        # Comma-separated host names the site answers to; empty: any (behind a proxy: set it).
        "TRUSTED_HOSTS": _words(given.get("TRUSTED_HOSTS")) or None,
        # How many reverse proxies stand in front and set X-Forwarded-*.
        "PROXY_COUNT": whole(given, "PROXY_COUNT", 0, 0, 10),
        # Where visitors reach the site, as printed on slips of paper: https://time.example.cn
        "PUBLIC_URL": str(given.get("QICAI_PUBLIC_URL") or "").rstrip("/"),
        # Where mail is handed over; without a server it is written to the worker's output.
        "MAIL_SERVER": (mail_server := str(given.get("MAIL_SERVER") or "")),
        "MAIL_PORT": whole(given, "MAIL_PORT", 587, 1, 65_535),
        "MAIL_USERNAME": str(given.get("MAIL_USERNAME") or "") or None,
        "MAIL_PASSWORD": str(given.get("MAIL_PASSWORD") or "") or None,
        # tls (STARTTLS), ssl (from the first byte) or none; the certificate is looked at.
        "MAIL_USE_TLS": (mail_security := _mail_security(given)) == "tls",
        "MAIL_USE_SSL": mail_security == "ssl",
        # Whom mail comes from: name@example.cn, or 七彩时间银行 <name@example.cn>.
        "MAIL_DEFAULT_SENDER": str(given.get("MAIL_SENDER") or "qicai@localhost"),
        "MAIL_TIMEOUT": whole(given, "MAIL_TIMEOUT", 20, 1, 600),
        "MAIL_BACKEND": _mail_backend(mail_server, testing, overrides),
        # Number of machines that serve this database; more than one refuses SQLite.
        "WEB_HOSTS": whole(given, "WEB_HOSTS", 1, 1, 1000),
        # 1 when the site is served over HTTPS: cookies are then sent over HTTPS only.
        "SESSION_COOKIE_SECURE": _flag(given, "HTTPS"),
        # Largest request body in bytes.
        "MAX_CONTENT_LENGTH": whole(given, "MAX_CONTENT_LENGTH", 16 * 2**20, 1, 2**30),
        "MAX_FORM_MEMORY_SIZE": 2 * 2**20,
        "MAX_FORM_PARTS": 5000,
        # Password hashing cost (argon2id); lowered in tests only.
        "ARGON2_MEMORY_KIB": whole(given, "ARGON2_MEMORY_KIB", 19 * 1024, 8, 2**21),
        "ARGON2_TIME_COST": whole(given, "ARGON2_TIME_COST", 2, 1, 100),
        # off: administrators act without a second factor; for an instance in need, and for a while.
        "ADMIN_SECOND_FACTOR": _needs_factor(given, overrides),
        # How log lines are written (auto: words on a terminal, else JSON), and which of them.
        "LOG_FORMAT": one_of(given, "QICAI_LOG_FORMAT", LOG_FORMATS, "auto"),
        "LOG_LEVEL": one_of(given, "QICAI_LOG_LEVEL", LOG_LEVELS, "info"),
        # Opens /metrics to whoever sends it; without one only this machine reads them.
        "METRICS_TOKEN": str(given.get("QICAI_METRICS_TOKEN") or ""),
        # Where the worker makes a backup each night; the doctor and the figures look at it.
        "BACKUP_DIR": str(given.get("QICAI_BACKUP_DIR") or ""),
        # To whom backups are encrypted (age1…); the key that opens them is kept elsewhere.
        "BACKUP_RECIPIENT": str(given.get("QICAI_BACKUP_RECIPIENT") or "").strip(),
        # The folder of pg_dump and pg_restore, where they lie in none of the usual ones.
        "PG_BIN": str(given.get("QICAI_PG_BIN") or ""),
        "DEBUG": _flag(given, "FLASK_DEBUG"),
        "TESTING": testing,
        # The demo community is served below /demo from a file of its own.
        "IS_DEMO": bool((overrides or {}).get("IS_DEMO", False)),
    }
    config |= {
        "SQLALCHEMY_DATABASE_URI": config["DATABASE_URL"],
        "SESSION_COOKIE_NAME": "qicai_demo" if config["IS_DEMO"] else "qicai",
        "SESSION_COOKIE_PATH": "/demo/" if config["IS_DEMO"] else "/",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": 90 * DAY_SECONDS,
        # A form may lie open for an afternoon: its token lives as long as the session.
        "WTF_CSRF_TIME_LIMIT": None,
        "BABEL_DEFAULT_LOCALE": "zh_Hans",
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "translations"),
    }
    for key in ("WTF_CSRF_ENABLED", "SERVER_NAME"):
        if key in (overrides or {}):
            config[key] = (overrides or {})[key]
    if not config["SECRET_KEY"]:
        refuse_secrets_apart(given, 1 if testing else config["WEB_HOSTS"])
        config["SECRET_KEY"] = "testing-" * 5 if testing else _secret_of(instance)
    refuse_unsafe(config)
    return config


def database_url(given: str, instance: Path) -> str:
    """Return the database's address in SQLAlchemy's words; default: the embedded file."""
    if not given:
        return f"sqlite:///{instance / 'qicai.sqlite3'}"
    return with_driver(given)


def instance_secret(instance: Path) -> str:
    """Return the generated secret, making it first, readable by its owner only."""
    file = instance / "secret_key"
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    except FileExistsError:
        return file.read_text().strip()
    with os.fdopen(handle, "w") as out:
        out.write(secret := secrets.token_urlsafe(48))
    return secret


def _secret_of(instance: Path) -> str:
    try:
        return instance_secret(instance)
    except (OSError, UnicodeDecodeError) as error:
        raise UnsafeConfiguration(f"its secret cannot be read or made: {error}") from error


def _mail_backend(server: str, testing: bool, overrides: Mapping[str, object] | None) -> str:
    """Return what takes mail: nobody in the demo and in tests, else the server there is."""
    if (overrides or {}).get("IS_DEMO"):
        return "dummy"
    if testing:
        return str((overrides or {}).get("MAIL_BACKEND") or "locmem")
    return SMTP_BACKEND if server else "console"


def _mail_security(given: Mapping[str, Any]) -> str:
    return one_of(given, "MAIL_SECURITY", MAIL_SECURITIES, "tls")


def _needs_factor(given: Mapping[str, Any], overrides: Mapping[str, object] | None) -> bool:
    """Tell whether administrators need a second factor: everywhere but in the demo."""
    said = str(given.get("QICAI_ADMIN_SECOND_FACTOR") or "on").strip().lower()
    if said not in {"on", "off"}:
        raise UnsafeConfiguration("QICAI_ADMIN_SECOND_FACTOR is on or off.")
    return said == "on" and not (overrides or {}).get("IS_DEMO")


def _flag(given: Mapping[str, Any], name: str) -> bool:
    said = str(given.get(name) or "").strip().lower()
    if said not in _ON | _OFF:
        raise UnsafeConfiguration(f"{name} is 1 or 0.")
    return said in _ON


def _words(value: object) -> list[str]:
    return [word.strip() for word in str(value or "").split(",") if word.strip()]
