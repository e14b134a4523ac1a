"""A photo as a form field; every form of ours takes files from the request by hand."""

from __future__ import annotations

from typing import Any

from flask import request
from wtforms import FileField, ValidationError

from app.pictures.apart import shrink_apart
from app.pictures.held import opened, sealed
from app.pictures.rules import MOST_BYTES, BadPicture, Shrunk
from app.web.actor import find_actor
from app.web.saying import say

# Phones that keep HEIC send a JPEG when only these are asked for.
ACCEPT = "image/jpeg,image/png,image/webp"


class PictureField(FileField):
    """One photo if wanted; `data` is the picture drawn anew, or None.

    A form that comes back carries a good photo along as `held`, in the tick named `held_name`.
    """

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        super().process(None, None)
        self.data: Shrunk | None = None
        self.was_sent = False
        given = request.files.get(self.name) if formdata is not None else None
        if given is not None and given.filename:
            self.was_sent = True
            # A lost race runs the view again, over the same file.
            given.stream.seek(0)
            self._content = given.stream.read(MOST_BYTES + 1)
        elif formdata is not None and (login_id := _login_id()) is not None:
            self.data = opened(request.form.get(self.held_name, ""), login_id)

    @property
    def held_name(self) -> str:
        """The name of what carries the photo; "token" keeps it from being typed back elsewhere."""
        return f"{self.name}_token"

    @property
    def held(self) -> str | None:
        """The photo for the form that comes back, sealed for its sender."""
        login_id = _login_id()
        return sealed(self.data, login_id) if self.data and login_id is not None else None

    def pre_validate(self, form: Any) -> None:
        if not self.was_sent:
            return
        try:
            self.data = shrink_apart(self._content)
        except BadPicture as refusal:
            raise ValidationError(say(refusal)) from refusal

    def _value(self) -> str:
        return ""


def _login_id() -> int | None:
    actor = find_actor()
    return actor.login_id if actor else None
