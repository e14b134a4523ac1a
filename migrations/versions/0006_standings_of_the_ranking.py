"""standings of the ranking, kept beside the totals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0004"
branch_labels = None
depends_on = None

# The standings of the records there are, once for every colour (0) and once for each.
_ORDER_KEY = "-(minutes * 262144 + dates * 512 + service_days)"
_FILL = """
WITH RECURSIVE below (scope_id, id) AS (
  SELECT id, id FROM organisations
  UNION ALL
  SELECT b.scope_id, o.id FROM below b JOIN organisations o ON o.parent_id = b.id
)
INSERT INTO standings (volunteer_id, year, organisation_id, colour_id, number, records, minutes,
  points_hundredths, dates, service_days, order_key)
SELECT c.*, {order_key} FROM (
  SELECT s.volunteer_id, {year} AS year, b.scope_id, {colour} AS colour_id,
    coalesce(v.number, '') AS number, count(*) AS records,
    CAST(sum(s.minutes) AS bigint) AS minutes,
    CAST(sum(s.points_hundredths) AS bigint) AS points_hundredths,
    count(DISTINCT s.service_on) AS dates,
    count(DISTINCT CASE WHEN s.is_service_day THEN s.service_on END) AS service_days
  FROM service_records s JOIN below b ON b.id = s.organisation_id
    JOIN volunteers v ON v.id = s.volunteer_id
  WHERE s.state = 'approved'
  GROUP BY s.volunteer_id, {year}, b.scope_id, {grouped} v.number
) c
"""


def upgrade() -> None:
    op.create_table(
        "standings",
        sa.Column(
            "volunteer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("colour_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "number",
            sa.String().with_variant(sa.String(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.Column("points_hundredths", sa.BigInteger(), nullable=False),
        sa.Column("dates", sa.Integer(), nullable=False),
        sa.Column("service_days", sa.Integer(), nullable=False),
        sa.Column("order_key", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "minutes >= 0 AND dates BETWEEN 0 AND 366 AND service_days BETWEEN 0 AND 366",
            name=op.f("ck_standings_counts"),
        ),
        sa.CheckConstraint(
            f"order_key = {_ORDER_KEY}",
            name=op.f("ck_standings_order_key"),
        ),
        sa.ForeignKeyConstraint(
            ["volunteer_id"], ["volunteers.id"], name=op.f("fk_standings_volunteer_id")
        ),
        sa.PrimaryKeyConstraint(
            "volunteer_id", "year", "organisation_id", "colour_id", name=op.f("pk_standings")
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    _fill()
    op.create_index(
        "ix_standings_order",
        "standings",
        [
            "organisation_id",
            "colour_id",
            "year",
            "order_key",
            "number",
            "volunteer_id",
        ],
    )


def _fill() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    year = (
        "CAST(substr(s.service_on, 1, 4) AS INTEGER)"
        if is_sqlite
        else "CAST(extract(year FROM s.service_on) AS integer)"
    )
    for colour, grouped in (("0", ""), ("s.colour_id", "s.colour_id,")):
        op.execute(_FILL.format(year=year, colour=colour, grouped=grouped, order_key=_ORDER_KEY))


def downgrade() -> None:
    op.drop_table("standings")
