"""Work off what waits: imports and other long work, messages to people, the day's round."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from types import FrameType

import click
from flask import Flask
from flask.cli import with_appcontext
from flask_babel import gettext as _

from app.auditing.keeping import Auditor
from app.backups.nightly import Nightly
from app.clock import now
from app.commands.sealing import Sealer, seal_at_end, seal_when_stopped
from app.db import db, transaction
from app.demo.serving import find_demo_server
from app.jobs.runner import Between, Worker
from app.notices.working import Caretaker
from app.privacy.operations.deleting import delete_due
from app.processes import lives
from app.schema.migrating import the_app
from app.web.policy import allow


def register(app: Flask) -> None:
    """Add the command to `flask`."""
    app.cli.add_command(work_command)


@click.command("work")
@click.option("--once", is_flag=True, help="do what waits, then end")
@click.option("--while", "beside", type=int, metavar="PID", help="end when this process is gone")
@with_appcontext
@allow("instance.keep")
def work_command(once: bool, beside: int | None) -> None:
    """Work off the jobs that wait; Ctrl+C or SIGTERM stops it, and nothing is lost."""
    app = the_app()
    worker = Worker(lambda: _served(app), _tidy)
    nightly = Nightly()
    worker.between = _between(worker, None if once else nightly)
    if once:
        done = sum(worker.work_off(each) for each in _served(app))
        for each in _served(app):
            with each.app_context():
                seal_at_end()
        click.echo(_("%(count)s jobs done.", count=done))
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        worker.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    db.session.remove()
    try:
        worker.run(lambda: beside is None or lives(beside))
    finally:
        nightly.stop()
    for each in _served(app):
        with each.app_context():
            seal_when_stopped()


def _between(worker: Worker, nightly: Nightly | None) -> Between:
    """Send, go round, seal, audit, back up, each when it is due; the last two make nobody wait."""

    def goes_on() -> bool:
        return not worker.is_stopping

    caretaker, sealer, auditor = Caretaker(worker.name, goes_on), Sealer(), Auditor(goes_on)

    def turn(app: Flask) -> int:
        done = caretaker.turn(app) + sealer.turn(app)
        auditor.turn(app)
        if nightly is not None:
            nightly.turn(app, now())
        return done

    return turn


def _served(app: Flask) -> Sequence[Flask]:
    """Return the instance's app and, once the demo is there, the demo's."""
    server = find_demo_server(app)
    demo = server.app_if_there() if server else None
    return [app] if demo is None else [app, demo]


def _tidy() -> None:
    with transaction() as session:
        delete_due(session, now=now())
