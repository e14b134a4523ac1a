"""Whose jobs and made files somebody may see: their own, while their rights still hold."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy.orm import Session

from app.jobs.handling import handling_of
from app.jobs.queries import FileRow, JobRow, files_of, files_of_job, find_file, find_job
from app.web.policy import not_found, right_of
from app.web.rights import is_granted

if TYPE_CHECKING:
    from app.teams.rules import Actor


def reached_job(session: Session, actor: Actor, job_id: int) -> JobRow:
    """Return a job that the actor asked for and may still ask for."""
    found = find_job(session, job_id)
    if found is None or found.actor_id != actor.login_id:
        not_found()
    if found.kind not in handling_of(current_app).titles or not _may_run(actor, found.kind):
        not_found()
    return found


def reached_file(session: Session, actor: Actor, file_id: int, at: datetime) -> FileRow:
    """Return a file made for the actor, who could have it made anew."""
    found = find_file(session, file_id, at)
    if found is None or not _may_fetch(actor, found):
        not_found()
    return found


def own_files(session: Session, actor: Actor, at: datetime) -> list[FileRow]:
    """Return the files the actor may fetch."""
    return [file for file in files_of(session, actor.login_id, at) if _may_fetch(actor, file)]


def own_files_of_job(session: Session, actor: Actor, job_id: int, at: datetime) -> list[FileRow]:
    """Return what a job made, as far as the actor may fetch it."""
    return [file for file in files_of_job(session, job_id, at) if _may_fetch(actor, file)]


def _may_fetch(actor: Actor, file: FileRow) -> bool:
    if file.owner_login_id != actor.login_id or not _may_run(actor, file.job_kind):
        return False
    return file.organisation_id is None or file.organisation_id in actor.organises | actor.audits


def _may_run(actor: Actor, kind: str) -> bool:
    right = right_of(handling_of(current_app).handlers.get(kind))
    return right is not None and is_granted(right, actor.roles)
