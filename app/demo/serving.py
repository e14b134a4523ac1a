"""Serve the demo below /demo: a second app with a database and a cookie of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from app.db import db
from app.demo.files import (
    MakeApp,
    build_missing_demo,
    demo_file,
    demo_settings,
    rebuild_demo,
)
from app.demo.sign_ins import SIGN_INS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PREFIX = "/demo"
EXTENSION = "qicai_demo"


class DemoServer:
    """Answers below /demo once the demo's file is there; makes its app at the first request."""

    def __init__(self, app: Flask, make_app: MakeApp) -> None:
        self.instance = app
        self.outside: WSGIApplication = app.wsgi_app
        self.make_app = make_app
        self.lock = threading.Lock()
        self.app: Flask | None = None
        self.inode: int | None = None

    @property
    def is_there(self) -> bool:
        """Whether there is a demo to look at."""
        return self._inode() is not None

    def build_missing(self, now: datetime) -> None:
        """Make the demo unless it is there."""
        build_missing_demo(self.instance.config, self.make_app, now)

    def rebuild(self, now: datetime) -> None:
        """Make the demo anew."""
        rebuild_demo(self.instance.config, self.make_app, now)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        inode = self._inode()
        if inode is None:
            return self._as_any_other_page(environ, start_response)
        if not environ.get("PATH_INFO"):
            # The cookie's path ends in a slash, so the address must.
            start_response("308 Permanent Redirect", [("Location", f"{environ['SCRIPT_NAME']}/")])
            return []
        return self._served(inode)(environ, start_response)

    def _as_any_other_page(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        script, path = environ["SCRIPT_NAME"], environ.get("PATH_INFO", "")
        own = {"SCRIPT_NAME": script.removesuffix(PREFIX), "PATH_INFO": PREFIX + path}
        return self.outside({**environ, **own}, start_response)

    def _served(self, inode: int) -> Flask:
        with self.lock:
            if self.app is None:
                self.app = self.make_app(demo_settings(self.instance.config))
            elif inode != self.inode:
                # Somebody removed the file and built it anew: let go of the old one.
                with self.app.app_context():
                    db.engine.dispose()
            self.inode = inode
            return self.app

    def app_if_there(self) -> Flask | None:
        """Return the demo's app for whoever works beside the server, None without a demo."""
        inode = self._inode()
        return None if inode is None else self._served(inode)

    def _inode(self) -> int | None:
        try:
            return demo_file(self.instance.config).stat().st_ino
        except FileNotFoundError:
            return None


def init_demo(app: Flask, make_app: MakeApp) -> None:
    """Let an app serve the demo beside itself; the demo itself shows its ways in.

    Several hosts would each have another demo, so none is served then.
    """
    if app.config["IS_DEMO"]:
        app.context_processor(lambda: {"demo_sign_ins": SIGN_INS})
    elif app.config["WEB_HOSTS"] == 1:
        server = app.extensions[EXTENSION] = DemoServer(app, make_app)
        app.wsgi_app = DispatcherMiddleware(  # type: ignore[method-assign]
            app.wsgi_app, {PREFIX: server}
        )


def find_demo_server(app: Flask) -> DemoServer | None:
    """Return what serves the demo beside an app, or None where none is served."""
    found: DemoServer | None = app.extensions.get(EXTENSION)
    return found


def served(app: Flask) -> Sequence[Flask]:
    """Return the instance's app and, once the demo is there, the demo's."""
    server = find_demo_server(app)
    demo = server.app_if_there() if server else None
    return [app] if demo is None else [app, demo]
