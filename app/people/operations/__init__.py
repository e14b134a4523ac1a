"""Every change to people, their logins, roles and sessions."""

from app.people.operations.acting import end_acting, let_act
from app.people.operations.activation import activate, issue_activation_code
from app.people.operations.cards import make_cards
from app.people.operations.consents import give_consent, keep_consent
from app.people.operations.devices import begin_acting, stop_acting
from app.people.operations.distinctions import tell_apart
from app.people.operations.friends import match_friend
from app.people.operations.linking import link_volunteer
from app.people.operations.logins import (
    change_password,
    choose_language,
    create_login,
    end_role,
    grant_first_roles,
    grant_role,
    login_for,
    restore_login,
    set_password,
    suspend_login,
)
from app.people.operations.naming import NamingWord, decide_naming
from app.people.operations.openings import widen_account
from app.people.operations.persons import Person, person_of
from app.people.operations.phones import show_phone
from app.people.operations.purposes import Deciding, PurposeWord, decide_purpose, keep_purpose
from app.people.operations.second_factor import (
    Keys,
    Proven,
    prove_with_factor,
    prove_with_password,
    remove_factor,
    renew_recovery_codes,
    reset_factor,
    set_up_factor,
)
from app.people.operations.sessions import (
    Begun,
    end_session,
    revoke_sessions,
    sign_in,
    sign_out,
)
from app.people.operations.turns import give_back, take_turn
from app.people.operations.volunteers import (
    add_volunteer,
    add_volunteers,
    confirm_new_friend,
    edit_volunteer,
)

__all__ = [
    "Begun",
    "Deciding",
    "Keys",
    "NamingWord",
    "Person",
    "Proven",
    "PurposeWord",
    "activate",
    "add_volunteer",
    "add_volunteers",
    "begin_acting",
    "change_password",
    "choose_language",
    "confirm_new_friend",
    "create_login",
    "decide_naming",
    "decide_purpose",
    "edit_volunteer",
    "end_acting",
    "end_role",
    "end_session",
    "give_back",
    "give_consent",
    "grant_first_roles",
    "grant_role",
    "issue_activation_code",
    "keep_consent",
    "keep_purpose",
    "let_act",
    "link_volunteer",
    "login_for",
    "make_cards",
    "match_friend",
    "person_of",
    "prove_with_factor",
    "prove_with_password",
    "remove_factor",
    "renew_recovery_codes",
    "reset_factor",
    "restore_login",
    "revoke_sessions",
    "set_password",
    "set_up_factor",
    "show_phone",
    "sign_in",
    "sign_out",
    "stop_acting",
    "suspend_login",
    "take_turn",
    "tell_apart",
    "widen_account",
]
