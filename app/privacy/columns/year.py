"""The columns that hold rankings and certificates."""

from __future__ import annotations

from app.privacy.rules.classes import TableRule, table_rule

YEAR: tuple[TableRule, ...] = (
    table_rule("noticed_years", "year", "ledger", none="organisation_id year noticed_at"),
    table_rule(
        "ranking_schemes",
        "year",
        "ledger",
        none="id year version is_weighted per_hour per_date per_service_day per_point"
        " minimum_minutes member_since titles_per_person made_at",
        internal="organisation_id",
        pseudonym="made_by_id",
    ),
    table_rule("ranking_titles", "year", "ledger", none="scheme_id position category places title"),
    table_rule(
        "ranking_exclusions",
        "year",
        "ledger",
        whose="volunteer_id",
        none="scheme_id",
        internal="reason",
        pseudonym="volunteer_id",
    ),
    table_rule(
        "ranking_freezes",
        "year",
        "ledger",
        none="id year asked_for asked_at state answered_at is_alone",
        internal="organisation_id scheme_id snapshot_id reason answer",
        pseudonym="asker_id second_id",
    ),
    table_rule(
        "ranking_snapshots",
        "year",
        "ledger",
        none="id year number mark rule_versions least_people people minutes sha256 colours_sha256"
        " teams_sha256 awards_sha256 frozen_at notice_from_on notice_until_on",
        internal="freeze_id organisation_id corrects_id scheme_id scope",
    ),
    # A frozen list keeps numbers and no names; boards ask for the name at each request.
    table_rule(
        "ranking_rows",
        "year",
        "ledger",
        whose="volunteer_id",
        none="snapshot_id colour_id rank minutes dates service_days points_hundredths score kind"
        " joined_on",
        pseudonym="volunteer_id number",
    ),
    table_rule(
        "ranking_team_rows",
        "year",
        "ledger",
        none="snapshot_id rank minutes people",
        internal="team_id code name colour_id",
    ),
    table_rule(
        "ranking_awards",
        "year",
        "ledger",
        whose="volunteer_id",
        none="id position category title kind rank is_tied",
        internal="snapshot_id colour_id team_id",
        pseudonym="volunteer_id",
    ),
    table_rule(
        "notice_extensions",
        "year",
        "ledger",
        none="id until_on extended_at",
        internal="snapshot_id reason",
        pseudonym="extended_by_id",
    ),
    table_rule(
        "ranking_finals",
        "year",
        "ledger",
        none="snapshot_id year final_at",
        internal="freeze_id organisation_id",
    ),
    table_rule(
        "objections",
        "year",
        "ledger",
        whose="volunteer_id about_id",
        none="id year raised_at state is_public ended_at",
        internal="snapshot_id organisation_id answer",
        pseudonym="volunteer_id raised_by_id about_id answered_by_id",
        personal="words:name",
    ),
    # Public documents, signed over the name: whoever shows one has to be believed.
    table_rule(
        "certificates",
        "year",
        "ledger",
        whose="volunteer_id",
        none="id year sequence kind edition from_on until_on issued_at",
        internal="organisation_id team_id award_id signing_key_id signature",
        pseudonym="number volunteer_id last_entry_id issued_by_id on_behalf_of_id replaces_id",
        personal="name payload",
        secret="verify_code",
    ),
    table_rule(
        "certificate_revocations",
        "year",
        "ledger",
        whose="certificate_id@certificate",
        none="id category revoked_at",
        internal="reason",
        pseudonym="certificate_id revoked_by_id",
    ),
    table_rule(
        "signing_keys",
        "year",
        "ledger",
        none="id key_id public_key made_at",
        secret="sealed_private",
    ),
    table_rule("verify_misses", "year", "two_days", none="id at", pseudonym="address_sha256"),
)
