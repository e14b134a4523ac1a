"""Lay down versions of the points rule: a used one is never edited, a change is a new one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db import is_postgresql
from app.errors import N_, NotFound, RuleBroken
from app.organisations.queries import get_organisation
from app.points import rules
from app.points.models import RuleRate, RuleVersion
from app.points.queries import last_credited_on
from app.trail.operations import note

MOST_PERCENT = 1000
MOST_HUNDREDTHS = 1_000_000
MOST_STEP_HUNDREDTHS = 10_000
# The ledger's lock of its marks, which every posting shares.
_ALONE = text("SELECT pg_advisory_xact_lock(7104, 1)")


class NotFromThePast(RuleBroken):
    """A version would rewrite the rule of dates that have been credited already."""

    code = "not_from_the_past"
    message = N_(
        "Service up to %(credited_on)s has been credited by the rule before, so that no credited"
        " day changes its rule a new one begins on %(earliest_on)s at the earliest."
    )


class FirstVersionStays(RuleBroken):
    """Without the first version of a root, some dates would have no rule."""

    code = "first_version_stays"
    message = N_("The first points rule stays: every date needs one.")


class VersionExists(RuleBroken):
    """Another version begins on the same date."""

    code = "version_exists"
    message = N_("Another points rule already begins on %(effective_from)s.")


class VersionUsed(RuleBroken):
    """An entry was credited by the version."""

    code = "version_used"
    message = N_(
        "Points were credited by this rule already; a change is a new rule from a later date."
    )


class FigureOutOfBounds(RuleBroken):
    """A figure of the rule lies outside what is sensible."""

    code = "figure_out_of_bounds"
    message = N_("This figure must lie between %(least)s and %(most)s; it is %(given)s.")


def create_first_rule_version(
    session: Session,
    organisation_id: int,
    actor_id: int | None,
    now: datetime,
    *,
    rates: Mapping[int, int] | None = None,
) -> RuleVersion:
    """Lay down the version every other one follows: from 1900 on, with SPEC's figures."""
    figures = {
        "service_day_percent": rules.DEFAULT_SERVICE_DAY_PERCENT,
        "service_month_percent": rules.DEFAULT_SERVICE_MONTH_PERCENT,
        "step_hundredths": rules.DEFAULT_STEP_HUNDREDTHS,
    }
    return _create(
        session, organisation_id, rules.FIRST_EFFECTIVE_FROM, figures, rates or {}, actor_id, now
    )


def add_rule_version(
    session: Session,
    *,
    organisation_id: int,
    effective_from: date,
    rates: Mapping[int, int],
    service_day_percent: int,
    service_month_percent: int,
    step_hundredths: int,
    actor_id: int | None,
    now: datetime,
) -> RuleVersion:
    """Add a version from a date on behind which nothing has been credited yet.

    The same version again, as a second tap sends it, is the one that is there.
    """
    _hold_credits(session)
    get_organisation(session, organisation_id)
    figures = _figures(service_day_percent, service_month_percent, step_hundredths)
    held = _version_from(session, organisation_id, effective_from)
    if held is not None:
        wanted = {"effective_from": effective_from, **figures, "rates": _rate_words(rates)}
        if _shown(held, _rates_of(session, held.id)) != wanted:
            raise VersionExists(effective_from=effective_from)
        return held
    check_begin(session, organisation_id, effective_from)
    return _create(session, organisation_id, effective_from, figures, rates, actor_id, now)


def carry_versions(
    session: Session,
    organisation_id: int,
    versions: Iterable[rules.RuleVersion],
    *,
    actor_id: int | None,
    now: datetime,
) -> None:
    """Lay down at an organisation the rules that hold there by those above it.

    What was and would be credited stays: only then may it hang elsewhere.
    """
    for version in versions:
        if _version_from(session, organisation_id, version.effective_from) is not None:
            continue
        figures = _figures(
            version.service_day_percent, version.service_month_percent, version.step_hundredths
        )
        _create(
            session, organisation_id, version.effective_from, figures, version.rates, actor_id, now
        )


def check_begin(session: Session, organisation_id: int, effective_from: date) -> None:
    """Refuse a begin on or before a date that was credited by the rule it would replace."""
    if _version_from(session, organisation_id, effective_from) is not None:
        raise VersionExists(effective_from=effective_from)
    credited_on = last_credited_on(session, organisation_id, effective_from)
    if credited_on is not None and effective_from <= credited_on:
        raise NotFromThePast(
            effective_from=effective_from,
            credited_on=credited_on,
            earliest_on=credited_on + timedelta(days=1),
        )


def edit_unused_rule_version(
    session: Session,
    version_id: int,
    *,
    rates: Mapping[int, int],
    service_day_percent: int,
    service_month_percent: int,
    step_hundredths: int,
    actor_id: int | None,
    now: datetime,
) -> None:
    """Change a version no entry was credited by; the database refuses it for a used one."""
    _hold_credits(session)
    version = _get(session, version_id)
    before = _shown(version, _rates_of(session, version_id))
    figures = _figures(service_day_percent, service_month_percent, step_hundredths)
    with _refused_if_used():
        # Said even where nothing differs: the database then tells whether it was used.
        session.execute(update(RuleVersion).where(RuleVersion.id == version_id).values(figures))
        session.execute(delete(RuleRate).where(RuleRate.rule_version_id == version_id))
        _add_rates(session, version_id, rates)
    session.refresh(version)
    _note(session, "edit_rule_version", version, actor_id, now, before, _shown(version, rates))


def withdraw_rule_version(
    session: Session, version_id: int, *, actor_id: int | None, now: datetime
) -> None:
    """Take back a version no entry was credited by; the one before it applies again."""
    _hold_credits(session)
    version = _get(session, version_id)
    home = get_organisation(session, version.organisation_id)
    if home.parent_id is None and version.effective_from == rules.FIRST_EFFECTIVE_FROM:
        raise FirstVersionStays
    before = _shown(version, _rates_of(session, version_id))
    with _refused_if_used():
        session.execute(delete(RuleRate).where(RuleRate.rule_version_id == version_id))
        session.execute(delete(RuleVersion).where(RuleVersion.id == version_id))
    _note(session, "withdraw_rule_version", version, actor_id, now, before, None)


def _hold_credits(session: Session) -> None:
    if is_postgresql(session):
        # Whoever posts holds this shared from before they read the rule until they commit:
        # else one credits by the old figures what is changed meanwhile.
        session.execute(_ALONE)


@contextmanager
def _refused_if_used() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        if "used rule version" in str(error.orig):
            raise VersionUsed from error
        raise


def _get(session: Session, version_id: int) -> RuleVersion:
    version = session.get(RuleVersion, version_id)
    if version is None:
        raise NotFound
    return version


def _version_from(
    session: Session, organisation_id: int, effective_from: date
) -> RuleVersion | None:
    return session.scalar(
        select(RuleVersion).where(
            RuleVersion.organisation_id == organisation_id,
            RuleVersion.effective_from == effective_from,
        )
    )


def _create(
    session: Session,
    organisation_id: int,
    effective_from: date,
    figures: Mapping[str, int],
    rates: Mapping[int, int],
    actor_id: int | None,
    now: datetime,
) -> RuleVersion:
    if _version_from(session, organisation_id, effective_from) is not None:
        raise VersionExists(effective_from=effective_from)
    version = RuleVersion(
        organisation_id=organisation_id, effective_from=effective_from, created_at=now, **figures
    )
    session.add(version)
    session.flush()
    _add_rates(session, version.id, rates)
    _note(session, "add_rule_version", version, actor_id, now, None, _shown(version, rates))
    return version


def _figures(service_day_percent: int, service_month_percent: int, step: int) -> dict[str, int]:
    _check(service_day_percent, 0, MOST_PERCENT)
    _check(service_month_percent, 0, MOST_PERCENT)
    _check(step, 1, MOST_STEP_HUNDREDTHS)
    return {
        "service_day_percent": service_day_percent,
        "service_month_percent": service_month_percent,
        "step_hundredths": step,
    }


def _add_rates(session: Session, version_id: int, rates: Mapping[int, int]) -> None:
    for hundredths in rates.values():
        _check(hundredths, 0, MOST_HUNDREDTHS)
    session.add_all(
        RuleRate(rule_version_id=version_id, colour_id=colour_id, hundredths_per_hour=hundredths)
        for colour_id, hundredths in sorted(rates.items())
    )
    session.flush()


def _rates_of(session: Session, version_id: int) -> dict[int, int]:
    rows = session.execute(
        select(RuleRate.colour_id, RuleRate.hundredths_per_hour).where(
            RuleRate.rule_version_id == version_id
        )
    )
    return {row.colour_id: row.hundredths_per_hour for row in rows}


def _check(given: int, least: int, most: int) -> None:
    if not least <= given <= most:
        raise FigureOutOfBounds(given=given, least=least, most=most)


def _shown(version: RuleVersion, rates: Mapping[int, int]) -> dict[str, Any]:
    return {
        "effective_from": version.effective_from,
        "service_day_percent": version.service_day_percent,
        "service_month_percent": version.service_month_percent,
        "step_hundredths": version.step_hundredths,
        "rates": _rate_words(rates),
    }


def _rate_words(rates: Mapping[int, int]) -> dict[str, int]:
    return {str(colour_id): hundredths for colour_id, hundredths in rates.items()}


def _note(
    session: Session,
    operation: str,
    version: RuleVersion,
    actor_id: int | None,
    now: datetime,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> None:
    note(
        session,
        operation=operation,
        actor_id=actor_id,
        at=now,
        subject_kind="rule_version",
        subject_id=version.id,
        organisation_id=version.organisation_id,
        before=before,
        after=after,
    )
