"""Qicai 七彩志愿时间银行: the application, put together step by step."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from flask import Flask
from flask_migrate import Migrate

from app import config, manifest
from app.db import db, prepare_sqlite

BLUEPRINTS: tuple[str, ...] = ()
COMMANDS: tuple[str, ...] = ()
POSTGRESQL_OPTIONS = (
    "-c statement_timeout=15000 -c lock_timeout=3000 "
    "-c idle_in_transaction_session_timeout=30000 -c synchronous_commit=on -c timezone=UTC"
)


def create_app(overrides: Mapping[str, object] | None = None) -> Flask:
    """Return the application, configured from the environment and the overrides given."""
    app = Flask("app", root_path=str(config.ROOT), template_folder="templates")
    app.config.from_mapping(config.load(overrides))
    _connect_database(app)
    _register_commands(app)
    _register_blueprints(app)
    return app


def _connect_database(app: Flask) -> None:
    is_sqlite = app.config["DATABASE_URL"].startswith("sqlite")
    if not is_sqlite:
        app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
            "connect_args": {"options": POSTGRESQL_OPTIONS},
            "pool_pre_ping": True,
        }
    db.init_app(app)
    Migrate(app, db, directory=str(config.ROOT / "migrations"), render_as_batch=is_sqlite)
    if is_sqlite:
        with app.app_context():
            prepare_sqlite(db.engine)


def _register_blueprints(app: Flask) -> None:
    for name in BLUEPRINTS:
        app.register_blueprint(import_module(name).blueprint)


def _register_commands(app: Flask) -> None:
    for name in COMMANDS:
        import_module(name).register(app)


__all__ = ["create_app", "manifest"]
