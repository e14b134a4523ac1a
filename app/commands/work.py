"""Work off what waits: imports and other long work, messages to people, the day's round."""

from __future__ import annotations

import signal
from types import FrameType

import click
from flask import Flask
from flask.cli import with_appcontext
from flask_babel import gettext as _

from app.auditing.keeping import try_audit
from app.auditing.nightly import Auditor
from app.backups.nightly import Nightly
from app.clock import now
from app.commands.sealing import Sealer, seal_at_end, seal_when_stopped
from app.db import db, transaction
from app.demo.serving import served
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
    worker = Worker(lambda: served(app), _tidy)
    nightly, auditor = Nightly(), Auditor()
    worker.between = _between(worker, () if once else (nightly, auditor))
    if once:
        done = sum(worker.work_off(each) for each in served(app))
        for each in served(app):
            with each.app_context():
                seal_at_end()
                try_audit(each)
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
        auditor.stop()
    for each in served(app):
        with each.app_context():
            seal_when_stopped()


def _between(worker: Worker, beside: tuple[Nightly | Auditor, ...]) -> Between:
    """Send, go round, seal when it is due; back up and audit in processes of their own."""

    def goes_on() -> bool:
        return not worker.is_stopping

    caretaker, sealer = Caretaker(worker.name, goes_on), Sealer()

    def turn(app: Flask) -> int:
        done = caretaker.turn(app) + sealer.turn(app)
        for duty in beside:
            duty.turn(app, now())
        return done

    return turn


def _tidy() -> None:
    with transaction() as session:
        delete_due(session, now=now())
