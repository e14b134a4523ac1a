"""The demo's four ways in, which stand on its pages for everybody to use."""

from __future__ import annotations

from typing import NamedTuple

from app.errors import N_

PASSWORD = "qicai-demo"


class DemoSignIn(NamedTuple):
    """Who one may be in the demo; `role` is a msgid."""

    role: str
    login: str
    password: str = PASSWORD


VOLUNTEER = DemoSignIn(N_("Volunteer"), "volunteer")
LEADER = DemoSignIn(N_("Team leader"), "leader")
ORGANISER = DemoSignIn(N_("Organiser"), "organiser")
AUDITOR = DemoSignIn(N_("Auditor"), "auditor")
SIGN_INS = (VOLUNTEER, LEADER, ORGANISER, AUDITOR)
