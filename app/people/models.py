"""Volunteers, those who act for them, their logins, roles, sessions and activation codes."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Id, Instant, Model


class Volunteer(Model):
    """A person. `number` is missing only while a new friend waits to be confirmed."""

    __tablename__ = "volunteers"
    __table_args__ = (
        CheckConstraint("kind IN ('party', 'social', 'resident')", name="kind"),
        CheckConstraint("state IN ('proposed', 'active', 'left', 'matched')", name="state"),
        CheckConstraint("sex IS NULL OR sex IN ('female', 'male')", name="sex"),
        CheckConstraint("state IN ('proposed', 'matched') OR number IS NOT NULL", name="numbered"),
        CheckConstraint("(state = 'matched') = (matched_to_id IS NOT NULL)", name="matched"),
        Index("ix_volunteers_organisation_id_name", "organisation_id", "name"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    number: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(index=True)
    # Full pinyin and first letters of every reading, parted by spaces, for search and sorting.
    name_keys: Mapped[str]
    sex: Mapped[str | None]
    born_on: Mapped[date | None]
    phone: Mapped[str | None] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(default="resident")
    state: Mapped[str] = mapped_column(default="active")
    # Agreed to be named in full on public pages: what the last naming consent says.
    is_named: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(Instant)
    # A new friend who turned out to be somebody known: whose the hours became.
    matched_to_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))


class Helper(Model):
    """Who acts for whom (亲情代办): a guardian or a helper, with dates."""

    __tablename__ = "helpers"
    __table_args__ = (
        CheckConstraint("kind IN ('guardian', 'helper')", name="kind"),
        CheckConstraint("volunteer_id <> helper_id", name="not_oneself"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), index=True)
    helper_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), index=True)
    kind: Mapped[str]
    from_on: Mapped[date]
    # From when whoever judges afterwards counts it; None: not known, then from the day after.
    from_at: Mapped[datetime | None] = mapped_column(Instant)
    until_on: Mapped[date | None]
    # How the person agreed to it, in whoever's words made it.
    consent: Mapped[str | None]


class Consent(Model):
    """Somebody agreed to a version of the privacy notice; only ever added to."""

    __tablename__ = "consents"
    __table_args__ = (
        CheckConstraint("given_by IN ('self', 'guardian', 'paper')", name="given_by"),
        CheckConstraint("given_by <> 'guardian' OR guardian_id IS NOT NULL", name="guardian"),
        CheckConstraint("given_by <> 'paper' OR recorded_by_id IS NOT NULL", name="paper"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), index=True)
    version: Mapped[str]
    given_at: Mapped[datetime] = mapped_column(Instant)
    given_by: Mapped[str]
    guardian_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))
    # Who was signed in; missing when a visitor agreed while asking to join.
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("logins.id"))


class NamingConsent(Model):
    """Somebody agreed to be named on public pages, or no longer; only ever added to.

    The last row is what counts; `volunteers.is_named` repeats it. `signed_by`: whose word it
    was, the person's own or a guardian's. On paper a guardian may have signed who is no
    volunteer here: then `guardian_id` is missing.
    """

    __tablename__ = "naming_consents"
    __table_args__ = (
        CheckConstraint("given_by IN ('self', 'guardian', 'paper')", name="given_by"),
        CheckConstraint("signed_by IN ('person', 'guardian')", name="signed_by"),
        CheckConstraint(
            "(given_by <> 'self' OR signed_by = 'person') "
            "AND (given_by <> 'guardian' OR signed_by = 'guardian' AND guardian_id IS NOT NULL) "
            "AND (signed_by = 'guardian' OR guardian_id IS NULL)",
            name="guardian",
        ),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), index=True)
    is_named: Mapped[bool]
    given_by: Mapped[str]
    signed_by: Mapped[str]
    guardian_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))
    # Missing for what was agreed before consents were written down.
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("logins.id"))
    given_at: Mapped[datetime] = mapped_column(Instant)


class PurposeConsent(Model):
    """A yes or a no to one purpose, the last of which counts; only ever added to.

    photos: pictures somebody sent in are shown to whoever checks the hours. helpers: somebody
    acts for them. minors: a guardian agreed to a version of the notice for those under 14.
    `given_by`, `signed_by` and `guardian_id` as of a naming consent.
    """

    __tablename__ = "purpose_consents"
    __table_args__ = (
        CheckConstraint("purpose IN ('photos', 'helpers', 'minors')", name="purpose"),
        CheckConstraint("given_by IN ('self', 'guardian', 'paper')", name="given_by"),
        CheckConstraint("signed_by IN ('person', 'guardian')", name="signed_by"),
        CheckConstraint(
            "(given_by <> 'self' OR signed_by = 'person') "
            "AND (given_by <> 'guardian' OR signed_by = 'guardian' AND guardian_id IS NOT NULL) "
            "AND (signed_by = 'guardian' OR guardian_id IS NULL)",
            name="guardian",
        ),
        CheckConstraint(
            "(purpose = 'minors' AND is_given) = (version IS NOT NULL) "
            "AND (purpose <> 'minors' OR signed_by = 'guardian')",
            name="minors",
        ),
        Index("ix_purpose_consents_volunteer_id_purpose", "volunteer_id", "purpose"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    purpose: Mapped[str]
    is_given: Mapped[bool]
    # Of the notice for minors: which words the guardian agreed to.
    version: Mapped[str | None]
    given_by: Mapped[str]
    signed_by: Mapped[str]
    guardian_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))
    # Missing for what was agreed before it was written down, or on the public page.
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("logins.id"))
    given_at: Mapped[datetime] = mapped_column(Instant)


class Distinction(Model):
    """Two people who look like one and are two: said once, never asked again."""

    __tablename__ = "distinctions"
    __table_args__ = (
        CheckConstraint("one_id < other_id", name="in_order"),
        {"sqlite_strict": True},
    )

    one_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), primary_key=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), primary_key=True)
    decided_by_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
    decided_at: Mapped[datetime] = mapped_column(Instant)


class Pause(Model):
    """Somebody rests (dormant) or has left, from a date until another, both included.

    A return ends it: `until_on` is then the day before, which may lie before `from_on` when the
    pause never came to last. Only that is ever changed. `volunteers.state` repeats 'left'.
    """

    __tablename__ = "pauses"
    __table_args__ = (
        CheckConstraint("kind IN ('dormant', 'left')", name="kind"),
        CheckConstraint(
            "until_on IS NULL OR until_on >= from_on OR ended_at IS NOT NULL", name="dates"
        ),
        CheckConstraint("(ended_at IS NULL) = (ended_by_id IS NULL)", name="ended"),
        CheckConstraint("ended_at IS NULL OR until_on IS NOT NULL", name="ended_on"),
        CheckConstraint(
            "kind = 'dormant' OR ended_at IS NOT NULL OR until_on IS NULL", name="left"
        ),
        Index("ix_pauses_volunteer_id_from_on", "volunteer_id", "from_on"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    kind: Mapped[str]
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    # Why, in the words of whoever set it; the person reads it.
    reason: Mapped[str]
    set_by_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
    set_at: Mapped[datetime] = mapped_column(Instant)
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("logins.id"))
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class Login(Model):
    """A way in. A volunteer has at most one; an organiser or admin may be no volunteer."""

    __tablename__ = "logins"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    # The login name typed at sign-in; volunteers without one sign in by number or phone.
    name: Mapped[str | None] = mapped_column(unique=True)
    display_name: Mapped[str]
    volunteer_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"), unique=True)
    # Missing until a first password or PIN is set with an activation code.
    password_hash: Mapped[str | None]
    # When a six-digit PIN was chosen; missing where the hash is a password's.
    pin_set_at: Mapped[datetime | None] = mapped_column(Instant)
    language: Mapped[str | None]
    is_suspended: Mapped[bool] = mapped_column(default=False)
    # Shown once at the next sign-in, e.g. that an activation code was issued.
    notice: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(Instant)
    # When a login that had no person said which volunteer it belongs to.
    linked_at: Mapped[datetime | None] = mapped_column(Instant)


class Role(Model):
    """A role granted: organiser or auditor of an organisation, or admin of the platform."""

    __tablename__ = "roles"
    __table_args__ = (
        CheckConstraint("role IN ('organiser', 'auditor', 'admin')", name="role"),
        CheckConstraint("(role = 'admin') = (organisation_id IS NULL)", name="scope"),
        Index("ix_roles_login_id", "login_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    login_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
    role: Mapped[str]
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    from_on: Mapped[date]
    until_on: Mapped[date | None]


class SignInSession(Model):
    """One signed-in device; the cookie holds a random token, this row its SHA-256."""

    __tablename__ = "sessions"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    token_sha256: Mapped[str] = mapped_column(unique=True)
    login_id: Mapped[int] = mapped_column(ForeignKey("logins.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    address: Mapped[str]
    device: Mapped[str]
    # A device that others use too: its cookie goes when the browser is closed.
    is_shared: Mapped[bool] = mapped_column(default=False)
    # For whom the device acts (亲情代办); whether it may is asked at each request.
    acting_for_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))
    # When its owner last proved who they are; missing while the second factor is waited for.
    proven_at: Mapped[datetime | None] = mapped_column(Instant)
    # When a second factor was last proven here.
    factor_at: Mapped[datetime | None] = mapped_column(Instant)


class SecondFactor(Model):
    """An authenticator app whose codes a login gives beside its password."""

    __tablename__ = "second_factors"

    login_id: Mapped[int] = mapped_column(
        ForeignKey("logins.id"), primary_key=True, autoincrement=False
    )
    # Sealed with a key that stands in no database (rules/sealing.py).
    sealed_secret: Mapped[str]
    confirmed_at: Mapped[datetime] = mapped_column(Instant)
    # The step of the last code taken: it, and any before it, is taken no more.
    last_step: Mapped[int] = mapped_column(BigInteger)


class RecoveryCode(Model):
    """One of ten codes on paper for when the phone is lost; each works once."""

    __tablename__ = "recovery_codes"
    __table_args__ = (UniqueConstraint("login_id", "code_digest"), {"sqlite_strict": True})

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    login_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
    # Keyed with the instance's secret: nobody guesses it back from the database.
    code_digest: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class SignInFailure(Model):
    """The security log of failed sign-ins, by account and by address."""

    __tablename__ = "sign_in_failures"
    __table_args__ = (
        Index("ix_sign_in_failures_account_at", "account", "at"),
        Index("ix_sign_in_failures_address_at", "address", "at"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    # SHA-256 of what was typed: nobody's phone stands in a log.
    account: Mapped[str]
    address: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant)
    # SHA-256 of the token of a device its owner is known by; missing on any other.
    device: Mapped[str | None]


class KnownDevice(Model):
    """A device on which somebody signed in; the cookie holds a random token and nothing else.

    From there a stranger's wrong tries elsewhere keep nobody waiting.
    """

    __tablename__ = "known_devices"
    __table_args__ = (UniqueConstraint("login_id", "token_sha256"), {"sqlite_strict": True})

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    login_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
    token_sha256: Mapped[str]
    seen_at: Mapped[datetime] = mapped_column(Instant)


class ActivationCode(Model):
    """A one-time code on paper that lets its owner set a password; only its hash is kept."""

    __tablename__ = "activation_codes"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    login_id: Mapped[int] = mapped_column(ForeignKey("logins.id"), index=True)
    code_sha256: Mapped[str] = mapped_column(unique=True)
    issued_by_id: Mapped[int | None] = mapped_column(ForeignKey("logins.id"))
    issued_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)


class Card(Model):
    """A volunteer card: its QR holds a random token, this row the SHA-256 of it.

    Whoever has the token has the card and nothing more: signing in takes the PIN too. A new
    card withdraws the one before, so that of each person one works at most.
    """

    __tablename__ = "cards"
    __table_args__ = (
        Index(
            "uq_cards_in_use",
            "volunteer_id",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), index=True)
    token_sha256: Mapped[str] = mapped_column(unique=True)
    made_by_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
    made_at: Mapped[datetime] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)


class AccountOpening(Model):
    """An account was opened with a code: whoever issued it may sit behind it until a day.

    One row for each issuer, those included by whose code the issuer's own account was opened.
    """

    __tablename__ = "account_openings"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    login_id: Mapped[int] = mapped_column(ForeignKey("logins.id"), index=True)
    issued_by_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
    opened_on: Mapped[date]
    # From this instant until this day, included, the account approves nothing of the issuer's.
    from_at: Mapped[datetime] = mapped_column(Instant)
    until_on: Mapped[date]
