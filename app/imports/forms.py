"""What people send on the import pages."""

from __future__ import annotations

from typing import Any, cast

from flask import request
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import HiddenField, RadioField, StringField
from wtforms.validators import Length, Optional

from app.imports.rules.fixes import LONGEST_VALUE, Do, Fix
from app.web.forms import Form, TextField, WholeField

KIND_LABELS: dict[str, Any] = {
    "service": _l("Service list"),
    "roster": _l("Roster"),
    "signin": _l("Sign-in sheet"),
    "opening": _l("Opening balances"),
}
KIND_HINTS: dict[str, Any] = {
    "service": _l("Who served when, with which team, how long"),
    "roster": _l("Who belongs here, with phone and teams"),
    "signin": _l("One activity's paper list with times in and out"),
    "opening": _l("Points and hours that stand in paper books"),
}


class UploadForm(Form):
    """A file and what it is."""

    kinds: tuple[str, ...] = ()
    kind = RadioField(_l("What is in the file"))
    file = FileField(
        _l("File (XLSX or CSV)"), validators=[FileRequired(_l("Choose a file first."))]
    )

    def offer(self, kinds: tuple[str, ...]) -> None:
        """Offer the kinds of sheets this person may bring; the first stands chosen."""
        self.kinds = kinds
        self.kind.choices = [(kind, KIND_LABELS[kind]) for kind in kinds]
        if not self.is_submitted():
            self.kind.data = kinds[0]
            return
        # Forms of ours take fields from request.form alone.
        given = request.files.get(self.file.name)
        self.file.data = given if given is not None and given.filename else None


class FixForm(Form):
    """One tap on the preview: cells to be read otherwise, or rows to be left out."""

    do = StringField(validators=[Length(max=10)])
    column = TextField(most=40)
    text = StringField(validators=[Length(max=LONGEST_VALUE)])
    row = WholeField(validators=[Optional()])
    set = TextField(most=40)
    value = TextField(_l("Correct value"), validators=[Optional()], most=LONGEST_VALUE)
    clear = TextField(validators=[Optional()], most=40)

    def fix(self) -> Fix:
        """Return what was asked for; the core judges whether it suits the sheet."""
        do = cast(Do, self.do.data or "")
        cells: tuple[tuple[str, str], ...] = ()
        if do == "set" and self.set.data and self.value.data:
            cells = ((self.set.data, self.value.data),)
            if self.clear.data:
                cells += ((self.clear.data, ""),)
        value = "" if do == "set" else self.value.data or ""
        return Fix(do, self.column.data or "", self.text.data or "", self.row.data, cells, value)


class CommitForm(Form):
    """Agree to what was shown."""

    digest = HiddenField(validators=[Length(max=64)])
