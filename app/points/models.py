"""Versions of the rule that turns minutes into points."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Id, Instant, Model


class RuleVersion(Model):
    """One version; never edited once used: a change is a new version."""

    __tablename__ = "rule_versions"
    __table_args__ = (
        UniqueConstraint("organisation_id", "effective_from"),
        CheckConstraint("service_day_percent BETWEEN 0 AND 1000", name="service_day_percent"),
        CheckConstraint("service_month_percent BETWEEN 0 AND 1000", name="service_month_percent"),
        CheckConstraint("step_hundredths BETWEEN 1 AND 10000", name="step_hundredths"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    effective_from: Mapped[date]
    service_day_percent: Mapped[int] = mapped_column(default=50)
    service_month_percent: Mapped[int] = mapped_column(default=20)
    step_hundredths: Mapped[int] = mapped_column(default=10)
    created_at: Mapped[datetime] = mapped_column(Instant)


class RuleRate(Model):
    """Points per hour of one colour in one version, in hundredths."""

    __tablename__ = "rule_rates"
    __table_args__ = (
        CheckConstraint("hundredths_per_hour BETWEEN 0 AND 1000000", name="hundredths_per_hour"),
        {"sqlite_strict": True},
    )

    rule_version_id: Mapped[int] = mapped_column(ForeignKey("rule_versions.id"), primary_key=True)
    colour_id: Mapped[int] = mapped_column(ForeignKey("colours.id"), primary_key=True)
    hundredths_per_hour: Mapped[int] = mapped_column(default=100)
