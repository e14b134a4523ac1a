"""Settings from the environment, each with its meaning; docs/operations.md lists them all."""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SHORTEST_SECRET = 32
DAY_SECONDS = 86_400
MAIL_SECURITIES = ("tls", "ssl", "none")
SMTP_BACKEND = "app.notices.email.VerifyingBackend"
ROLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")


class UnsafeConfiguration(RuntimeError):
    """The settings would lose data or leak secrets; the app refuses to start."""


def load(overrides: Mapping[str, object] | None = None) -> dict[str, Any]:
    """Return the app's configuration: defaults, then the environment, then overrides."""
    given: dict[str, Any] = {**os.environ, **(overrides or {})}
    instance = Path(str(given.get("INSTANCE_DIR") or ROOT / "instance"))
    # Never from the environment: a stray TESTING there would mean a secret everybody knows.
    testing = bool((overrides or {}).get("TESTING", False))
    config: dict[str, Any] = {
        # Where the embedded database and the generated secret live; not in the repository.
        "INSTANCE_DIR": str(instance),
        # sqlite:///path or postgresql+psycopg://user@host/name; default: the embedded file.
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
        "PROXY_COUNT": int(given.get("PROXY_COUNT") or 0),
        # Where visitors reach the site, as printed on slips of paper: https://time.example.cn
        "PUBLIC_URL": str(given.get("QICAI_PUBLIC_URL") or "").rstrip("/"),
        # Where mail is handed over; without a server it is written to the worker's output.
        "MAIL_SERVER": (mail_server := str(given.get("MAIL_SERVER") or "")),
        "MAIL_PORT": int(given.get("MAIL_PORT") or 587),
        "MAIL_USERNAME": str(given.get("MAIL_USERNAME") or "") or None,
        "MAIL_PASSWORD": str(given.get("MAIL_PASSWORD") or "") or None,
        # tls (STARTTLS), ssl (from the first byte) or none; the certificate is looked at.
        "MAIL_USE_TLS": (mail_security := _mail_security(given)) == "tls",
        "MAIL_USE_SSL": mail_security == "ssl",
        # Whom mail comes from: name@example.cn, or 七彩时间银行 <name@example.cn>.
        "MAIL_DEFAULT_SENDER": str(given.get("MAIL_SENDER") or "qicai@localhost"),
        "MAIL_TIMEOUT": int(given.get("MAIL_TIMEOUT") or 20),
        "MAIL_BACKEND": _mail_backend(mail_server, testing, overrides),
        # Number of machines that serve this database; more than one refuses SQLite.
        "WEB_HOSTS": int(given.get("WEB_HOSTS") or 1),
        # 1 when the site is served over HTTPS: cookies are then sent over HTTPS only.
        "SESSION_COOKIE_SECURE": _flag(given.get("HTTPS")),
        # Largest request body in bytes.
        "MAX_CONTENT_LENGTH": int(given.get("MAX_CONTENT_LENGTH") or 16 * 2**20),
        "MAX_FORM_MEMORY_SIZE": 2 * 2**20,
        "MAX_FORM_PARTS": 5000,
        # Password hashing cost (argon2id); lowered in tests only.
        "ARGON2_MEMORY_KIB": int(given.get("ARGON2_MEMORY_KIB") or 19 * 1024),
        "ARGON2_TIME_COST": int(given.get("ARGON2_TIME_COST") or 2),
        # off: administrators act without a second factor; for an instance in need, and for a while.
        "ADMIN_SECOND_FACTOR": _needs_factor(given, overrides),
        "DEBUG": _flag(given.get("FLASK_DEBUG")),
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
        config["SECRET_KEY"] = "testing-" * 5 if testing else instance_secret(instance)
    refuse_unsafe(config)
    return config


def database_url(given: str, instance: Path) -> str:
    """Return the database's address in SQLAlchemy's words; default: the embedded file."""
    if not given:
        return f"sqlite:///{instance / 'qicai.sqlite3'}"
    return with_driver(given)


def with_driver(given: str) -> str:
    """Return a PostgreSQL address with the driver we use, however it was written."""
    for short in ("postgres://", "postgresql://"):
        if given.startswith(short):
            return "postgresql+psycopg://" + given.removeprefix(short)
    return given


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


def refuse_unsafe(config: Mapping[str, Any]) -> None:
    """Raise UnsafeConfiguration, saying why, where a setting would lose or leak something."""
    if len(config["SECRET_KEY"]) < SHORTEST_SECRET:
        raise UnsafeConfiguration(f"SECRET_KEY is shorter than {SHORTEST_SECRET} characters.")
    is_sqlite = config["DATABASE_URL"].startswith("sqlite")
    if is_sqlite and config["WEB_HOSTS"] > 1:
        raise UnsafeConfiguration("SQLite serves one web host only; use PostgreSQL for more.")
    if config["DATABASE_ROLE"] and not ROLE_NAME.fullmatch(config["DATABASE_ROLE"]):
        raise UnsafeConfiguration("DATABASE_ROLE has letters, digits and _ only.")
    if config["MAIL_SERVER"] and config["MAIL_DEFAULT_SENDER"].endswith("@localhost"):
        raise UnsafeConfiguration("MAIL_SENDER says whom mail comes from; set it with MAIL_SERVER.")
    if config["DEBUG"] and not config["TESTING"]:
        raise UnsafeConfiguration("Debug mode shows secrets on error pages; unset FLASK_DEBUG.")


def _mail_backend(server: str, testing: bool, overrides: Mapping[str, object] | None) -> str:
    """Return what takes mail: nobody in the demo and in tests, else the server there is."""
    if (overrides or {}).get("IS_DEMO"):
        return "dummy"
    if testing:
        return str((overrides or {}).get("MAIL_BACKEND") or "locmem")
    return SMTP_BACKEND if server else "console"


def _mail_security(given: Mapping[str, Any]) -> str:
    security = str(given.get("MAIL_SECURITY") or "tls").strip().lower()
    if security not in MAIL_SECURITIES:
        raise UnsafeConfiguration(f"MAIL_SECURITY is one of {', '.join(MAIL_SECURITIES)}.")
    return security


def _needs_factor(given: Mapping[str, Any], overrides: Mapping[str, object] | None) -> bool:
    """Tell whether administrators need a second factor: everywhere but in the demo."""
    said = str(given.get("QICAI_ADMIN_SECOND_FACTOR") or "on").strip().lower()
    if said not in {"on", "off"}:
        raise UnsafeConfiguration("QICAI_ADMIN_SECOND_FACTOR is on or off.")
    return said == "on" and not (overrides or {}).get("IS_DEMO")


def _flag(value: object) -> bool:
    return str(value or "").strip().lower() in {"1", "true", "yes", "on"}


def _words(value: object) -> list[str]:
    return [word.strip() for word in str(value or "").split(",") if word.strip()]
