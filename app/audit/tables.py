"""The ledger and its subjects, table by table: what a dump holds and the digest covers.

Columns are named here, not read from the schema, so that a migration which adds one leaves
the digest as it was (I-19). A test names every column that stands in no dump.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["integer", "text", "flag", "day", "instant", "bytes"]
_KINDS: dict[str, Kind] = {"i": "integer", "t": "text", "b": "flag", "d": "day", "z": "instant"}


class Column(NamedTuple):
    name: str
    kind: Kind


class Table(NamedTuple):
    """One table; `key` orders its rows and is unique."""

    name: str
    key: tuple[Column, ...]
    columns: tuple[Column, ...]


def columns(written: str) -> tuple[Column, ...]:
    """Return columns as written here: `name:k`, k of `_KINDS`, parted by spaces."""
    pairs = (word.split(":") for word in written.split())
    return tuple(Column(name, _KINDS[kind]) for name, kind in pairs)


def _table(name: str, key: str, rest: str) -> Table:
    return Table(name, columns(key), columns(key) + columns(rest))


# Of whatever an organiser enters into an archive.
_ENTERED = (
    "volunteer_id:i organisation_id:i entered_by_id:i entered_at:z withdrawn_by_id:i "
    "withdrawn_at:z reason:t state:t"
)
TABLES: tuple[Table, ...] = (
    _table("organisations", "id:i", "parent_id:i code:t name:t created_at:z retired_on:d"),
    _table(
        "organisation_changes",
        "id:i",
        "kind:t organisation_id:i into_id:i changed_on:d made_at:z made_by_id:i reason:t",
    ),
    _table("settings", "organisation_id:i key:t", "value:t"),
    _table("holidays", "organisation_id:i day_on:d", "is_working:b name:t"),
    _table(
        "substitute_service_days",
        "organisation_id:i year:i month:i",
        "substitute_on:d reason:t",
    ),
    _table(
        "colours",
        "id:i",
        "organisation_id:i key:t name:t glyph:t hex:t position:i retired_on:d",
    ),
    _table("teams", "id:i", "organisation_id:i colour_id:i code:t name:t retired_on:d"),
    _table(
        "team_placements", "id:i", "team_id:i organisation_id:i colour_id:i from_on:d until_on:d"
    ),
    _table(
        "volunteers",
        "id:i",
        "organisation_id:i number:t name:t sex:t born_on:d phone:t kind:t state:t is_named:b "
        "created_at:z",
    ),
    _table("helpers", "id:i", "volunteer_id:i helper_id:i kind:t from_on:d until_on:d"),
    _table("memberships", "id:i", "team_id:i volunteer_id:i role:t from_on:d until_on:d"),
    _table(
        "logins",
        "id:i",
        "name:t display_name:t volunteer_id:i language:t is_suspended:b created_at:z",
    ),
    _table("roles", "id:i", "login_id:i role:t organisation_id:i from_on:d until_on:d"),
    _table(
        "rule_versions",
        "id:i",
        "organisation_id:i effective_from:d service_day_percent:i service_month_percent:i "
        "step_hundredths:i created_at:z",
    ),
    _table("rule_rates", "rule_version_id:i colour_id:i", "hundredths_per_hour:i"),
    _table(
        "batches",
        "id:i",
        "kind:t organisation_id:i team_id:i service_on:d actor_id:i made_at:z file_name:t "
        "file_sha256:t rows:i created:i updated:i duplicates:i refused:i blank:i undone_at:z",
    ),
    _table(
        "service_records",
        "id:i",
        "root_id:i volunteer_id:i team_id:i organisation_id:i colour_id:i service_on:d minutes:i "
        "starts_minute:i content:t place:t note:t evidence:t external_id:t part:i first_part_id:i "
        "state:t waits_reason:t is_guest:b is_service_day:b is_service_month:b earns_points:b "
        "daily_limit_minutes:i points_hundredths:i recorder_id:i recorded_at:z approver_id:i "
        "decided_at:z reason:t corrects_id:i batch_id:i award_entry_id:i reversal_entry_id:i "
        "activity_id:i",
    ),
    _table(
        "opening_records",
        "id:i",
        "root_id:i organisation_id:i volunteer_id:i as_of_on:d minutes:i points_hundredths:i "
        "note:t state:t recorder_id:i recorded_at:z batch_id:i entry_id:i reversal_entry_id:i",
    ),
    _table(
        "merges",
        "id:i",
        "kept_id:i gone_id:i organisation_id:i merged_by_id:i merged_at:z reason:t figures:t",
    ),
    _table("merged_years", "merge_id:i year:i", "points_hundredths:i entry_id:i"),
    _table("accounts", "id:i", "root_id:i holder_id:i purpose:t unit:t balance:i"),
    _table(
        "entries",
        "id:i",
        "kind:t recorded_at:z actor_id:i reason:t idempotency_key:t subject_kind:t subject_id:i "
        "reverses_id:i rule_version_id:i",
    ),
    _table("postings", "account_id:i entry_id:i", "amount:i"),
    _table("marks", "id:i", "entry_id:i purpose:t published_at:z"),
    _table("operation_keys", "actor_id:i key:t", "content_sha256:t at:z"),
    _table(
        "trail",
        "id:i",
        "at:z operation:t actor_id:i on_behalf_of_id:i organisation_id:i subject_kind:t "
        "subject_id:i batch_id:i before:t after:t reason:t request_id:t",
    ),
    _table(
        "projects",
        "id:i",
        "team_id:i weekday:i every_weeks:i from_on:d until_on:d skips_holidays:b title:t "
        "content:t place:t bring:t starts_minute:i minutes:i places:i least_age:i "
        "in_charge_id:i made_by_id:i made_at:z ended_at:z",
    ),
    _table(
        "activities",
        "id:i",
        "team_id:i service_on:d title:t content:t place:t bring:t starts_minute:i minutes:i "
        "places:i taken:i least_age:i in_charge_id:i state:t is_proposed:b project_id:i version:i "
        "made_by_id:i made_at:z published_at:z closed_at:z closed_by_id:i batch_id:i "
        "cancelled_at:z cancel_reason:t",
    ),
    _table(
        "sign_ups",
        "id:i",
        "activity_id:i volunteer_id:i state:t made_by_id:i made_at:z placed_at:z ended_at:z "
        "ended_by_id:i reason:t attendance:t",
    ),
    _table(
        "check_ins",
        "id:i",
        "activity_id:i volunteer_id:i in_at:z in_by:t in_actor_id:i out_at:z out_by:t "
        "out_actor_id:i",
    ),
    _table(
        "evaluations",
        "id:i",
        "activity_id:i rater:t invite_number:i stars:i word:t made_by_id:i made_at:z",
    ),
    _table(
        "disputes",
        "id:i",
        "record_id:i volunteer_id:i what:t wished_on:d wished_minutes:i wished_starts_minute:i "
        "wished_team_id:i wished_content:t raised_at:z state:t due_on:d may_pass_on:b",
    ),
    _table(
        "dispute_lines",
        "id:i",
        "dispute_id:i at:z kind:t author_id:i on_behalf_of_id:i words:t record_id:i",
    ),
    _table(
        "year_checks",
        "id:i",
        "volunteer_id:i year:i records:i minutes:i points_hundredths:i digest:t entry_id:i at:z "
        "actor_id:i on_behalf_of_id:i",
    ),
    _table(
        "adjustments",
        "id:i",
        "kind:t organisation_id:i volunteer_id:i minutes:i points_hundredths:i record_id:i "
        "batch_id:i reason:t asker_id:i asked_at:z state:t second_id:i answered_at:z answer:t "
        "is_alone:b entry_id:i",
    ),
    _table(
        "expiries",
        "id:i",
        "root_id:i volunteer_id:i year_earned:i usable_until_on:d points_hundredths:i entry_id:i "
        "posted_at:z",
    ),
    _table("pictures", "id:i", "sha256:t media_type:t width:i height:i made_by_id:i made_at:z"),
    _table("claims", "id:i", "record_id:i picture_id:i resends_id:i"),
    _table("claim_parts", "record_id:i", "claim_id:i"),
    _table(
        "partners", "id:i", "organisation_id:i name:t contact:t made_by_id:i made_at:z ended_at:z"
    ),
    _table(
        "shelf_items",
        "id:i",
        "organisation_id:i kind:t version:i available:i reserved:i low_at:i made_by_id:i made_at:z "
        "withdrawn_at:z",
    ),
    _table(
        "item_versions",
        "id:i",
        "item_id:i number:i name:t description:t measure:t category:t price_hundredths:i "
        "partner_id:i picture_id:i from_on:d until_on:d limit_count:i limit_period:t "
        "least_stars:i collect_at:t made_by_id:i made_at:z",
    ),
    _table("item_colours", "item_version_id:i colour_id:i", ""),
    _table(
        "redemptions",
        "id:i",
        "organisation_id:i item_id:i item_version_id:i volunteer_id:i quantity:i "
        "cost_hundredths:i state:t asked_by:t consent:t redeemed_at:z redeemed_on:d "
        "collect_by_on:d made_by_id:i entry_id:i refund_entry_id:i settled_at:z settled_on:d "
        "settled_by_id:i reason:t",
    ),
    _table(
        "stock_moves",
        "id:i",
        "item_id:i kind:t available_change:i reserved_change:i at:z actor_id:i redemption_id:i "
        "partner_id:i donor:t document:t counted:i reason:t",
    ),
    _table("saved_reports", "id:i", "organisation_id:i owner_id:i name:t question:t saved_at:z"),
    _table(
        "redemption_windows",
        "id:i",
        "organisation_id:i kind:t day:i from_on:d until_on:d title:t made_by_id:i made_at:z "
        "ended_at:z",
    ),
    _table("noticed_years", "organisation_id:i year:i", "noticed_at:z"),
    _table(
        "ranking_schemes",
        "id:i",
        "organisation_id:i year:i version:i is_weighted:b per_hour:i per_date:i "
        "per_service_day:i per_point:i minimum_minutes:i member_since:d titles_per_person:i "
        "made_by_id:i made_at:z",
    ),
    _table("ranking_titles", "scheme_id:i position:i", "category:t places:i title:t"),
    _table("ranking_exclusions", "scheme_id:i volunteer_id:i", "reason:t"),
    _table(
        "ranking_freezes",
        "id:i",
        "organisation_id:i year:i asked_for:t scheme_id:i snapshot_id:i reason:t asker_id:i "
        "asked_at:z state:t second_id:i answered_at:z answer:t is_alone:b",
    ),
    _table(
        "ranking_snapshots",
        "id:i",
        "freeze_id:i organisation_id:i year:i number:i corrects_id:i scheme_id:i mark:i scope:t "
        "rule_versions:t least_people:i people:i minutes:i sha256:t colours_sha256:t "
        "teams_sha256:t awards_sha256:t frozen_at:z notice_from_on:d notice_until_on:d",
    ),
    _table(
        "ranking_rows",
        "snapshot_id:i colour_id:i volunteer_id:i",
        "rank:i number:t minutes:i dates:i service_days:i points_hundredths:i score:i kind:t "
        "joined_on:d",
    ),
    _table(
        "ranking_team_rows",
        "snapshot_id:i team_id:i",
        "rank:i code:t name:t colour_id:i minutes:i people:i",
    ),
    _table(
        "ranking_awards",
        "id:i",
        "snapshot_id:i position:i category:t title:t colour_id:i kind:t volunteer_id:i team_id:i "
        "rank:i is_tied:b",
    ),
    _table(
        "notice_extensions",
        "id:i",
        "snapshot_id:i until_on:d reason:t extended_by_id:i extended_at:z",
    ),
    _table("ranking_finals", "snapshot_id:i", "freeze_id:i organisation_id:i year:i final_at:z"),
    _table(
        "objections",
        "id:i",
        "snapshot_id:i organisation_id:i year:i volunteer_id:i raised_by_id:i about_id:i words:t "
        "raised_at:z state:t answer:t is_public:b answered_by_id:i ended_at:z",
    ),
    _table(
        "person_details",
        "volunteer_id:i",
        "residence_area:t skills:t service_category:t id_document_kind:t changed_at:z "
        "changed_by_id:i",
    ),
    _table(
        "pauses",
        "id:i",
        "volunteer_id:i kind:t from_on:d until_on:d reason:t set_by_id:i set_at:z ended_by_id:i "
        "ended_at:z",
    ),
    _table("trainings", "id:i", f"{_ENTERED} course:t minutes:i held_on:d organiser:t"),
    _table(
        "commendations",
        "id:i",
        f"{_ENTERED} title:t given_by:t given_on:d is_elsewhere:b note:t",
    ),
    _table(
        "complaints",
        "id:i",
        f"{_ENTERED} received_on:d content:t outcome:t answered_on:d answered_by_id:i",
    ),
    _table(
        "erasure_asks",
        "id:i",
        "volunteer_id:i asked_by_id:i asked_at:z state:t ended_at:z ended_by_id:i answer:t",
    ),
    _table(
        "erasures",
        "id:i",
        "volunteer_id:i ask_id:i reason:t erased_by_id:i erased_at:z figures:t",
    ),
    _table("signing_keys", "id:i", "key_id:t public_key:t made_at:z"),
    _table(
        "certificates",
        "id:i",
        "organisation_id:i year:i sequence:i number:t kind:t volunteer_id:i team_id:i award_id:i "
        "edition:i name:t from_on:d until_on:d payload:t signature:t signing_key_id:i "
        "verify_code:t last_entry_id:i issued_at:z issued_by_id:i on_behalf_of_id:i replaces_id:i",
    ),
    _table(
        "certificate_revocations",
        "id:i",
        "certificate_id:i category:t reason:t revoked_at:z revoked_by_id:i",
    ),
)

# Secrets, what may hold one, and what can be reckoned anew from the rest.
LEFT_OUT: dict[str, frozenset[str]] = {
    "logins": frozenset({"password_hash", "pin_set_at", "notice", "linked_at"}),
    "operation_keys": frozenset({"result"}),
    "volunteers": frozenset({"name_keys", "matched_to_id"}),
    "helpers": frozenset({"consent", "from_at"}),
    "activities": frozenset({"screen_secret", "paper_secret"}),
    "pictures": frozenset({"large", "small"}),
    "check_ins": frozenset({"in_device", "out_device"}),
    "redemptions": frozenset({"code", "token"}),
    "person_details": frozenset({"id_document_encrypted"}),
    "signing_keys": frozenset({"sealed_private"}),
}
TABLES_LEFT_OUT = frozenset(
    {
        *("sessions", "sign_in_failures", "activation_codes", "known_devices"),
        *("second_factors", "recovery_codes"),
        *("account_openings", "cards", "service_totals", "standings", "revisions"),
        "day_totals",
        # Sealing changes nothing of what is sealed; the audit holds each link to it (I-06).
        "chain_links",
        # What was found of the rest, whenever somebody looked.
        "audit_runs",
        # Work under way, and files that are deleted on time.
        *("jobs", "job_workers", "made_files", "uploads", "roster_changes"),
        # Who asks, who agreed to the privacy notice and to be named (the last word on it stands
        # with the volunteer), which namesakes are two people.
        *("join_requests", "join_wishes", "join_tries", "team_asks", "helper_asks"),
        "verify_misses",
        # What goes with a person: the row of the trail stays without it. What was deleted on time.
        *("trail_personal", "deletion_runs"),
        *("consents", "naming_consents", "purpose_consents", "distinctions"),
        # Word to people: what it tells stands in the tables above.
        *("notices", "notice_readers", "notice_addresses", "address_codes", "notice_choices"),
        *("notice_messages", "daily_rounds"),
        # Secret addresses of calendars.
        "calendar_feeds",
    }
)
