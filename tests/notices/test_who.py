"""Who is told: those meant who see the ticket; never who did it."""

from uuid import UUID

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from bihuan.core import clock
from bihuan.core.actor import Actor
from bihuan.customers import Contact
from bihuan.notices.model import CustomerWishes
from bihuan.notices.push import channel_for
from bihuan.notices.who import Colleague, People, place_of, reach, sees, told
from bihuan.tickets import Ticket

_TENANT = UUID(int=99)
_TEAMS = {"DISPUTE": UUID(int=1), "FRAUD": UUID(int=2), "CS_L1": UUID(int=3)}
_CODES = sorted(_TEAMS)


def _colleague(number: int, teams: set[str], roles: set[str], permissions: set[str]) -> Colleague:
    actor = Actor(
        tenant_id=_TENANT,
        id=UUID(int=number),
        kind="staff",
        name=f"同事{number}",
        permissions=frozenset(permissions),
        teams=frozenset(_TEAMS[t] for t in teams),
    )
    return Colleague(actor=actor, roles=frozenset(roles))


def _ticket(team: str | None, assignee: int | None) -> Ticket:
    now = clock.now()
    return Ticket(
        id=UUID(int=7), number="8211756194", customer_id=UUID(int=8), subject_id=UUID(int=8), sealed=b"",
        case_type="general", case_type_version=1,
        state="following", priority="normal", title="标题", team_id=_TEAMS[team] if team else None,
        assignee_id=UUID(int=assignee) if assignee else None, channel="api", external_id=None, elements={}, fields={},
        tags=[], checklist=[], evidence=[], object_index=None, opened_at=now, changed_at=now,
    )  # fmt: skip


_PERMISSIONS = ("ticket.read", "ticket.read_all", "sla.extend")
_PEOPLE = st.lists(
    st.builds(
        lambda t, r, p: (t, r, p),
        st.sets(st.sampled_from(_CODES)),
        st.sets(st.sampled_from(("lead", "agent", "supervisor"))),
        st.sets(st.sampled_from(_PERMISSIONS)),
    ),
    max_size=8,
).map(
    lambda found: People(
        staff={UUID(int=i): _colleague(i, *one) for i, one in enumerate(found, 10)}, teams=_TEAMS
    )
)
_WHOM = st.one_of(
    st.sampled_from(
        ("assignee", "holder", "team", "lead", "role:supervisor", "may:sla.extend", "team:FRAUD")
    ),
    st.integers(10, 20).map(lambda i: str(UUID(int=i))),
    st.just(f"team:{_TEAMS['CS_L1']}"),
)
_TICKETS = st.builds(
    _ticket, st.one_of(st.none(), st.sampled_from(_CODES)), st.one_of(st.none(), st.integers(10, 20))
)


@given(_PEOPLE, _TICKETS, st.lists(_WHOM, max_size=4), st.one_of(st.none(), st.integers(10, 20)))
def test_none_but_those_meant_who_see_it(
    people: People, ticket: Ticket, to: list[str], by: int | None
) -> None:
    actor = UUID(int=by) if by else None
    found = told(to, ticket, people, by=actor)
    meant = {
        id_ for id_, one in people.staff.items() for whom in to if _is_meant(whom, id_, one, ticket, people)
    }
    assert found == sorted(found) and len(set(found)) == len(found)
    assert set(found) == {id_ for id_ in meant if id_ != actor and sees(people.staff[id_], ticket)}
    for id_ in found:
        one = people.staff[id_].actor
        assert one.may("ticket.read")
        assert (
            one.may("ticket.read_all")
            or ticket.team_id in (None, *one.teams)
            or ticket.assignee_id == id_
        )  # fmt: skip


def _is_meant(whom: str, id_: UUID, one: Colleague, ticket: Ticket, people: People) -> bool:
    """By what a colleague is, instead of by looking for colleagues."""
    own_team = ticket.team_id is not None and ticket.team_id in one.actor.teams
    holds = ticket.assignee_id == id_
    match whom.split(":"):
        case ["assignee"]:
            return holds
        case ["holder"]:
            return holds or (own_team and ticket.assignee_id not in people.staff)
        case ["team"]:
            return own_team
        case ["lead"]:
            return own_team and "lead" in one.roles
        case ["role", code]:
            return code in one.roles
        case ["may", code]:
            return one.actor.may(code)
        case ["team", code]:
            return any(id_ in one.actor.teams and code in (c, str(id_)) for c, id_ in _TEAMS.items())
        case _:
            return whom == str(id_)


def test_a_place_is_the_tickets() -> None:
    ticket = _ticket("FRAUD", 12)
    place = place_of(ticket)
    assert (place.team_id, place.assignee_id, place.customer_id) == (
        ticket.team_id,
        ticket.assignee_id,
        ticket.customer_id,
    )


def _contact(no: int, kind: str, mask: str) -> Contact:
    return msgspec.convert(
        {
            "id": UUID(int=len(mask)),
            "customer_id": UUID(int=7),
            "contact_no": no,
            "kind": kind,
            "mask": mask,
            "value_id": UUID(int=1),
        },
        Contact,
    )


def test_a_customer_is_reached_by_the_way_they_came_or_another() -> None:
    both = [_contact(0, "email", "a***@example.com"), _contact(0, "mobile", "138****8000")]
    yes, on = CustomerWishes(email=True, sms=True), frozenset({"email", "sms"})
    for came_by, expected in (
        ("email", "email"),
        ("portal", "email"),
        ("api", "email"),
        ("chat", "email"),
        ("phone", "sms"),
    ):
        assert channel_for(came_by, both, yes, on) == expected
    assert channel_for("portal", both[1:], yes, on) == "sms"
    assert channel_for("phone", both[:1], yes, on) == "email"
    assert channel_for("portal", both, CustomerWishes(email=False, sms=True), on) == "sms"
    assert channel_for("portal", both, CustomerWishes(email=False, sms=False), on) is None
    assert channel_for("portal", both, yes, frozenset({"sms"})) == "sms"
    assert channel_for("portal", both, yes, frozenset()) is None
    assert channel_for("portal", [], yes, on) is None
    assert channel_for("portal", [_contact(0, "name", "张*")], yes, on) is None


def test_of_several_contacts_their_own_first() -> None:
    contacts = [
        _contact(0, "mobile", "138****8000"),
        _contact(0, "mobile", "139****9001"),
        _contact(1, "email", "b***@example.com"),
    ]
    first, mail = reach(contacts, "mobile"), reach(contacts, "email")
    assert first and first.mask == "138****8000"
    assert mail and mail.contact_no == 1
    assert reach(contacts, "address") is None
