"""People of the desk: staff, teams, skills, roles, sessions, tokens.

Owns who may do what. Promises that a leaver's or a revoked right ends with the commit that says so, in every process.
Refuses to store a secret: passwords as argon2id, tokens and cookies as SHA-256.
"""

from bihuan.identity.actions import (
    add_staff,
    add_team,
    end_session,
    end_token,
    found_tenant,
    make_token,
    mark_left,
    set_rights,
    set_sees,
)
from bihuan.identity.by_password import sign_in
from bihuan.identity.by_provider import check as check_provider
from bihuan.identity.confirm import confirmed
from bihuan.identity.confirm import here as confirmed_here
from bihuan.identity.credentials import Credential, new_credential, parse
from bihuan.identity.credentials import same as same_secret
from bihuan.identity.deputies import Deputy, NewDeputy, deputies, end_deputy, name_deputy
from bihuan.identity.devices import AGES as COOKIE_AGES
from bihuan.identity.incompatible import IncompatibleRoles, Violation, violations
from bihuan.identity.model import (
    PEOPLE_MANAGE,
    PEOPLE_READ,
    ROLE_MANAGE,
    TOKEN_MAKE,
    CsrfMissing,
    Leaver,
    NewRole,
    NewStaff,
    NewTeam,
    NewToken,
    NoSuchStaff,
    NoSuchTenant,
    Password,
    Rights,
    Role,
    Session,
    SignIn,
    Staff,
    StaffRow,
    Team,
    TenantTaken,
    Token,
)
from bihuan.identity.names import Directory, directory, logins
from bihuan.identity.names import forget as forget_names
from bihuan.identity.own import reset_factors
from bihuan.identity.password import Rules, rules_of
from bihuan.identity.passwords import give as give_password
from bihuan.identity.passwords import set_password
from bihuan.identity.providers import NewProvider
from bihuan.identity.providers import put as put_provider
from bihuan.identity.reads import (
    roles,
    sessions,
    sign_out_url,
    staff_by_login,
    staff_list,
    team_by_code,
    teams,
    tokens,
)
from bihuan.identity.role_catalogue import RoleChange, diff_roles, load_roles, put_role
from bihuan.identity.sign_in import (
    Asker,
    TenantRow,
    find_only_tenant,
    find_tenant,
    own_tenant,
    people_version,
    who_asks,
    who_stays,
)
from bihuan.identity.signing import Browser, ConfirmAgain, SessionNeeded, SignedIn
from bihuan.identity.steps import sweep as sweep_sign_ins

__all__ = [
    "COOKIE_AGES",
    "PEOPLE_MANAGE",
    "PEOPLE_READ",
    "ROLE_MANAGE",
    "TOKEN_MAKE",
    "Asker",
    "Browser",
    "ConfirmAgain",
    "Credential",
    "CsrfMissing",
    "Deputy",
    "Directory",
    "IncompatibleRoles",
    "Leaver",
    "NewDeputy",
    "NewProvider",
    "NewRole",
    "NewStaff",
    "NewTeam",
    "NewToken",
    "NoSuchStaff",
    "NoSuchTenant",
    "Password",
    "Rights",
    "Role",
    "RoleChange",
    "Rules",
    "Session",
    "SessionNeeded",
    "SignIn",
    "SignedIn",
    "Staff",
    "StaffRow",
    "Team",
    "TenantRow",
    "TenantTaken",
    "Token",
    "Violation",
    "add_staff",
    "add_team",
    "check_provider",
    "confirmed",
    "confirmed_here",
    "deputies",
    "diff_roles",
    "directory",
    "end_deputy",
    "end_session",
    "end_token",
    "find_only_tenant",
    "find_tenant",
    "forget_names",
    "found_tenant",
    "give_password",
    "load_roles",
    "logins",
    "make_token",
    "mark_left",
    "name_deputy",
    "new_credential",
    "own_tenant",
    "parse",
    "people_version",
    "put_provider",
    "put_role",
    "reset_factors",
    "roles",
    "rules_of",
    "same_secret",
    "sessions",
    "set_password",
    "set_rights",
    "set_sees",
    "sign_in",
    "sign_out_url",
    "staff_by_login",
    "staff_list",
    "sweep_sign_ins",
    "team_by_code",
    "teams",
    "tokens",
    "violations",
    "who_asks",
    "who_stays",
]
