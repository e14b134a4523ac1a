"""Qicai 七彩志愿时间银行: the application, put together step by step."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from flask import Flask
from flask_migrate import Migrate
from flask_wtf import CSRFProtect
from sqlalchemy.orm import Session
from werkzeug.middleware.proxy_fix import ProxyFix

from app import config, manifest
from app.activities.check_card_views import card_desk
from app.bulk import fetch_together
from app.certificates.queries.numbers import award_numbers
from app.claims.access import beside as beside_claims
from app.claims.access import may_see_picture
from app.commands.failing import say_plainly
from app.db import db, prepare_postgresql, prepare_sqlite, refuse_missing_file
from app.demo.serving import init_demo
from app.disputes.access import count_for
from app.disputes.operations import close_disputes
from app.disputes.record_threads import beside as beside_disputes
from app.home.start_views import init_start
from app.hosts import patience
from app.jobs.handling import init_jobs
from app.logs import init_logs
from app.monitoring.door import init_door
from app.monitoring.requests import init_requests
from app.notices.handling import Doors, init_notices
from app.notices.rules import Quiet
from app.organisations.queries import asking_site, roots_with_zones, settings_of, site_told
from app.organisations.rules import Settings
from app.people.access import (
    asking_sign_in,
    keep_sign_in,
    remember_language,
    remembered_language,
)
from app.people.rules.naming import masked_name
from app.pictures.serving import init_pictures
from app.ranking.boards import init_boards
from app.rewards.desk_access import counter_desk
from app.rewards.keeping_access import is_of_shelf
from app.service.asides import init_asides
from app.service.operations.reversing import hear_of_reversals
from app.teams.access import find_actor_at, load_actor
from app.trail.operations import current_request_id
from app.trail.rules import mask_phone, mask_text
from app.web.edge import Edge, Site, init_edge
from app.web.errors import init_errors
from app.web.filters import init_filters
from app.web.frame import init_frame
from app.web.headers import init_headers
from app.web.languages import init_languages
from app.web.policy import init_policy
from app.web.retry import RetryingFlask

BLUEPRINTS: tuple[str, ...] = (
    "app.web.preferences",
    "app.web.more",
    "app.home.start_views",
    "app.people.views",
    "app.people.card_views",
    "app.people.account_views",
    "app.people.factor_sign_in_views",
    "app.people.factor_views",
    "app.people.own_views",
    "app.people.purpose_views",
    "app.notices.views",
    "app.notices.settings_views",
    "app.roster.people_views",
    "app.roster.quiet_views",
    "app.roster.role_views",
    "app.teams.own_views",
    "app.teams.join_views",
    "app.teams.request_views",
    "app.teams.team_ask_views",
    "app.teams.acting_views",
    "app.teams.family_views",
    "app.teams.naming_views",
    "app.teams.purpose_views",
    "app.teams.factor_views",
    "app.teams.duplicate_views",
    "app.merging.views",
    "app.roster.person_views",
    "app.roster.pause_views",
    "app.roster.own_views",
    "app.teams.card_views",
    "app.teams.code_views",
    "app.teams.printed_card_views",
    "app.teams.admin_views",
    "app.teams.leader_views",
    # With the pages of one record: both are one blueprint.
    "app.service.desk_views",
    "app.service.leader_views",
    "app.disputes.views",
    "app.disputes.own_views",
    "app.disputes.checked_views",
    "app.service.closing_views",
    "app.evaluations.own_views",
    "app.evaluations.views",
    "app.adjustments.ask_views",
    "app.pictures.views",
    "app.claims.views",
    "app.claims.leader_views",
    "app.rewards.shelf_views",
    "app.rewards.own_views",
    "app.integrity.views",
    "app.passbook.views",
    # With the previews: both are one blueprint.
    "app.ranking.team_what_if_views",
    "app.ranking.award_pages",
    # With the boards: both are one blueprint.
    "app.ranking.board_paper_views",
    "app.ranking.objection_views",
    "app.certificates.own_views",
    # With the awards of a year: both are one blueprint.
    "app.certificates.award_views",
    "app.certificates.verify_views",
    "app.jobs.views",
    "app.archive.views",
    "app.archive.entry_views",
    "app.archive.own_views",
    "app.archive.export_views",
    "app.imports.views",
    "app.imports.upload_views",
    "app.imports.signin_sheet_views",
    "app.auditing.views",
    "app.settings.views",
    "app.settings.calendar_views",
    "app.settings.points_views",
    "app.settings.expiry_views",
    "app.settings.colour_views",
    "app.settings.tree_views",
    "app.settings.merge_views",
    "app.settings.split_views",
    "app.settings.retire_views",
    "app.settings.move_people_views",
    "app.activities.views",
    "app.activities.feed_views",
    "app.activities.leader_views",
    "app.activities.attending_views",
    "app.activities.proposing_views",
    "app.activities.project_views",
    "app.activities.check_views",
    "app.activities.check_card_views",
    "app.activities.code_views",
    "app.activities.desk_views",
    "app.activities.times_views",
    "app.rewards.keeping_views",
    # With the stock: both are one blueprint.
    "app.rewards.counting_views",
    "app.rewards.partner_views",
    "app.rewards.window_views",
    "app.rewards.desk_views",
    "app.rewards.counter_views",
    "app.passbook.star_views",
    "app.passbook.ceremony_views",
    "app.reports.views",
    # With the builder: both are one blueprint.
    "app.reports.saved_views",
    "app.reports.monthly_views",
    "app.reports.annual_views",
    "app.reports.poster_views",
    "app.reports.trail_views",
    "app.help.views",
    "app.privacy.own_views",
    "app.privacy.access_views",
    "app.privacy.minors_views",
    "app.privacy.erasing_views",
    "app.privacy.own_erasure_views",
    "app.privacy.keeping_views",
    "app.home.views",
)
COMMANDS: tuple[str, ...] = (
    "app.commands.auditing",
    "app.commands.backups",
    "app.commands.certificates",
    "app.commands.copying",
    "app.commands.head",
    "app.commands.instance",
    "app.commands.imports",
    "app.commands.keeping",
    "app.commands.reads",
    "app.commands.second_factor",
    "app.commands.work",
)
JOBS: tuple[str, ...] = (
    "app.imports.jobs",
    "app.archive.jobs",
    "app.certificates.jobs",
    "app.privacy.jobs",
    "app.reports.jobs",
    "app.auditing.jobs",
)
# What people are told: each module lists its KINDS, and may list what is done DAILY.
NOTICES: tuple[str, ...] = (
    "app.people.notices",
    "app.teams.notices",
    "app.opening.notices",
    "app.service.notices",
    "app.activities.notices",
    "app.claims.notices",
    "app.rewards.notices",
    "app.disputes.notices",
    "app.adjustments.notices",
    "app.expiry.notices",
    "app.archive.notices",
    "app.certificates.notices",
    "app.ranking.notices",
    "app.roster.notices",
    "app.merging.notices",
    "app.privacy.notices",
    "app.reports.notices",
    "app.auditing.notices",
)
POSTGRESQL_OPTIONS = (
    "-c statement_timeout=15000 -c lock_timeout=3000 "
    "-c idle_in_transaction_session_timeout=30000 -c synchronous_commit=on -c timezone=UTC"
)


def create_app(overrides: Mapping[str, object] | None = None) -> Flask:
    """Return the application, configured from the environment and the overrides given."""
    app = RetryingFlask("app", root_path=str(config.ROOT), template_folder="templates")
    app.mask = mask_text
    app.config.from_mapping(config.load(overrides))
    _log_lines(app)
    _connect_database(app)
    init_demo(app, create_app)
    _stand_behind_proxies(app)
    # Before anything that may answer, so that every answer has an id and an error page.
    init_headers(app, current_request_id)
    init_errors(app)
    init_edge(app, _doors())
    init_frame(app)
    init_languages(app)
    # Before the policy, which would send people to sign in where nobody has founded yet.
    init_start(app)
    init_policy(app)
    CSRFProtect(app)
    init_filters(app)
    app.jinja_env.filters |= {"masked": masked_name, "masked_phone": mask_phone}
    hear_of_reversals(close_disputes)
    init_jobs(app, map(import_module, JOBS), find_actor_at)
    init_notices(app, map(import_module, NOTICES), Doors(_quiet_of, roots_with_zones))
    init_pictures(app, (is_of_shelf, may_see_picture))
    init_boards(app, award_numbers)
    init_asides(app, {"claims": beside_claims, "disputes": beside_disputes})
    _register_commands(app)
    _register_blueprints(app)
    _let_be_watched(app)
    return app


def _log_lines(app: Flask) -> None:
    init_logs(
        form=app.config["LOG_FORMAT"],
        level=app.config["LOG_LEVEL"],
        mask=mask_text,
        request_id=current_request_id,
        is_testing=app.config["TESTING"],
    )


def _let_be_watched(app: RetryingFlask) -> None:
    """Around everything else, so that nothing is answered unseen; the demo counts as one page."""
    if not app.config["IS_DEMO"]:
        init_requests(app, current_request_id)
        init_door(app, _postgresql_options(app))


def _connect_database(app: Flask) -> None:
    is_sqlite = app.config["DATABASE_URL"].startswith("sqlite")
    # A failed statement is logged without its values: they may be phones.
    options: dict[str, object] = {"hide_parameters": True}
    if not is_sqlite:
        waits = patience(app.config["DATABASE_URL"])
        options |= {"connect_args": {"options": _postgresql_options(app), **waits}}
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    db.init_app(app)
    Migrate(app, db, directory=str(config.ROOT / "migrations"), render_as_batch=is_sqlite)
    with app.app_context():
        (prepare_sqlite if is_sqlite else prepare_postgresql)(db.engine)
        if is_sqlite:
            refuse_missing_file(db.engine)


def _postgresql_options(app: Flask) -> str:
    """Let every connection take the role that does not own the tables."""
    role = app.config["DATABASE_ROLE"]
    return POSTGRESQL_OPTIONS + (f" -c role={role}" if role else "")


def _stand_behind_proxies(app: Flask) -> None:
    count = app.config["PROXY_COUNT"]
    if count:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=count, x_proto=count, x_host=count, x_prefix=count
        )


def _doors() -> Edge:
    """Hand the web what it needs from the packages above it."""
    return Edge(
        load_actor=load_actor,
        load_site=_load_site,
        remembered_language=remembered_language,
        remember_language=remember_language,
        card_desk=lambda: card_desk() or counter_desk(),
        count_for=count_for,
    )


def _load_site() -> Site | None:
    """Ask whose site it is, and in the same trip who asks."""
    db.session().flush()
    rows, *signed_in = fetch_together(db.session(), asking_site(), *asking_sign_in())
    for each in signed_in:
        keep_sign_in(each)
    found = site_told(rows)
    return Site(*found) if found else None


def _quiet_of(session: Session, organisation_id: int | None) -> Quiet:
    known = settings_of(session, organisation_id) if organisation_id else Settings()
    return Quiet(known.quiet_from_minute, known.quiet_until_minute, known.time_zone)


def _register_blueprints(app: Flask) -> None:
    for name in BLUEPRINTS:
        app.register_blueprint(import_module(name).blueprint)


def _register_commands(app: Flask) -> None:
    for name in COMMANDS:
        import_module(name).register(app)
    for command in app.cli.commands.values():
        say_plainly(command)


__all__ = ["create_app", "manifest"]
