"""An address with several hosts means the same to SQLAlchemy and to libpq, however written."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from app.config import load
from app.hosts import PATIENCE, patience, with_driver

BOTH = {"host": "h1,h2", "port": "5432,5433", "target_session_attrs": "read-write"}
WRITTEN = {
    "postgresql://u@h1:5432,h2:5433/d?target_session_attrs=read-write": BOTH,
    "postgres://u@h1,h2:5433/d": BOTH,
    "postgresql+psycopg://u@/d?host=h1,h2&port=5432,5433": BOTH,
    "postgresql://u@h1,h2/d?target_session_attrs=any": {"target_session_attrs": "any"},
    "postgresql://u@[::1]:7,10.0.0.7/d": {"host": "::1,10.0.0.7", "port": "7,5432"},
    "postgresql://u:p%40,a@h1,h2/d": {"password": "p@,a", "host": "h1,h2"},
    "postgresql://u:p@h1:7/d?sslmode=require": {"host": "h1", "port": "7", "sslmode": "require"},
    "postgresql://u:a,b/c@h1/d": {"password": "a,b/c", "host": "h1"},
    "postgresql:///d?host=/run/postgresql": {"host": "/run/postgresql"},
}


@pytest.mark.parametrize(("written", "meant"), WRITTEN.items())
def test_both_readers_find_the_same_hosts(written: str, meant: dict[str, str]) -> None:
    address = make_url(with_driver(written))
    plain = address.set(drivername="postgresql").render_as_string(hide_password=False)
    arguments: Any = create_engine(address).dialect.create_connect_args(address)[1]
    for said in (conninfo_to_dict(plain), arguments):
        assert {name: str(said.get(name)) for name in meant} == meant
        assert said["dbname"] == "d"


def test_one_host_is_asked_for_nothing_more() -> None:
    for written in ("postgresql://u:p@h1/d", "sqlite:////srv/q.sqlite3", ""):
        assert with_driver(written).replace("+psycopg", "") == written


def test_what_was_read_once_is_read_again() -> None:
    for written in WRITTEN:
        assert with_driver(with_driver(written)) == with_driver(written)


def test_a_silent_server_is_given_up_soon_unless_the_address_says_otherwise() -> None:
    assert patience(with_driver("postgresql://u@h1,h2/d")) == PATIENCE
    mine = patience("postgresql://u@h1/d?connect_timeout=60&keepalives_idle=5")
    assert mine.keys() == PATIENCE.keys() - {"connect_timeout", "keepalives_idle"}


def test_the_settings_take_both_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "MIGRATION_DATABASE_URL"):
        monkeypatch.setenv(name, "postgresql://u@h1,h2/d")
    config = load({"TESTING": True})
    assert "host=h1,h2" in config["DATABASE_URL"]
    assert config["MIGRATION_DATABASE_URL"] == config["DATABASE_URL"]
