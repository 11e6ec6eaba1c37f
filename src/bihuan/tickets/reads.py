"""Every read of tickets, each scoped by `visible_to(actor)`."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from bihuan import customers, identity, privacy, sla
from bihuan.casetypes import CaseType, Missing, Step, store
from bihuan.core import clock, ids
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.filters import Filter
from bihuan.core.problems import Language, NotFound
from bihuan.identity import Directory
from bihuan.privacy import masks_only
from bihuan.sla import Clock
from bihuan.tickets import guards, lifecycle, sealing
from bihuan.tickets.lifecycle import CLOSED_STATES, STAGES, STATE_TEXTS, State
from bihuan.tickets.listing import FILTERS, MOST_ROWS, ListRow, Sort, counted, listed, titled
from bihuan.tickets.model import (
    ClockView,
    CustomerView,
    LinkView,
    MissingView,
    Page,
    Rating,
    StoredTicket,
    Ticket,
    TicketRow,
    TicketView,
    ValueSearch,
)
from bihuan.tickets.visible import Place, queries, visible_to

#: The step whose needs a ticket in this state shows as missing.
_NEXT_STEP: dict[State, Step] = {"intake": "accept", "resolved": "archive", "called_back": "archive"}


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Which ticket a delivery became."""

    id: UUID
    number: str


class _Bond(sealing.SealedRow, frozen=True, kw_only=True):
    number: str
    kind: str
    state: State


class _Id(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID


async def find_ticket(work: Work, actor: Actor, name: str) -> Ticket:
    """One ticket by id or number. Raises NotFound."""
    row = await work.one(queries.ticket, StoredTicket, id=await id_of(work, actor, name), **visible_to(actor))
    if row is None:
        raise NotFound
    return await sealing.opened_one(work, row)


async def tickets_by_id(work: Work, ticket_ids: Collection[UUID]) -> list[Ticket]:
    """Tickets by id in one look, whoever may see them: for what the desk does by itself."""
    rows = await work.rows(queries.tickets_by_id, StoredTicket, ids=list(ticket_ids))
    return await sealing.opened(work, rows)


async def id_of(work: Work, actor: Actor, name: str) -> UUID:
    """A ticket's id from an id or a number as typed. Raises NotFound."""
    number = ids.clean_number(name)
    if ids.is_ticket_number(number):
        row = await work.one(queries.id_of_number, _Id, number=number, **visible_to(actor))
        if row is None:
            raise NotFound
        return row.id
    try:
        return UUID(name)
    except ValueError as error:
        raise NotFound from error


async def ticket_of_number(work: Work, actor: Actor, number: str) -> Ticket | None:
    """One ticket by its number alone, in one statement whether there is one or not."""
    row = await work.one(queries.ticket_of_number, StoredTicket, number=number, **visible_to(actor))
    return None if row is None else await sealing.opened_one(work, row)


async def own_tickets(work: Work, actor: Actor, *, before: UUID | None = None, most: int) -> list[Ticket]:
    """The tickets of the customer who asks, newest first, from after `before`."""
    rows = await work.rows(
        queries.tickets_of_customer, StoredTicket, before_id=before, most=most, **visible_to(actor)
    )
    return await sealing.opened(work, rows)


async def opened_by(work: Work, channel: str, external_id: str) -> Origin | None:
    """The ticket that this delivery at a door opened already."""
    return await work.one(queries.ticket_of_door, Origin, channel=channel, external_id=external_id)


async def read_ticket(work: Work, actor: Actor, name: str) -> TicketView:
    """One ticket, whole, as this actor may see it. Raises NotFound."""
    ticket = await find_ticket(work, actor, name)
    loaded = await store.version(work, ticket.case_type, ticket.case_type_version)
    return await view(work, actor, ticket, loaded.case_type)


async def view(
    work: Work, actor: Actor, ticket: Ticket, case_type: CaseType, clocks: Sequence[Clock] | None = None
) -> TicketView:
    """A ticket as this actor may see it. `clocks` where they are at hand."""
    pending = None if clocks is not None else await sla.read(work, ticket.id)
    # A ticket just opened has none.
    rating = await work.send(queries.rating, Rating, ticket_id=ticket.id) if ticket.head_seq > 1 else None
    family = await customers.family(work, ticket.customer_id) if ticket.customer_id else ()
    held = await privacy.legal_holds.send_on(
        work, subjects={*family, ticket.subject_id}, tickets={ticket.id, ticket.merged_into}
    )
    people = await identity.directory(work)
    customer = await _customer_view(work, ticket)
    read = list(clocks) if clocks is not None else (await pending.all() if pending else [])
    plain = {f: getattr(ticket, f) for f in _COPIED}
    return TicketView(
        title=sealing.title_of(ticket, actor.language),
        version=ticket.head_seq,
        stage=STAGES[ticket.state],
        state_text=state_text(ticket.state, actor.language),
        team=_team(people, ticket.team_id),
        assignee=_login(people, ticket.assignee_id),
        deputies=[login for id_ in people.deputies_of(ticket.assignee_id) if (login := _login(people, id_))],
        customer=customer,
        fields=masks_only(ticket.fields),
        missing=[
            MissingView(pointer=m.pointer, label=m.label.of(actor.language), by=m.by)
            for m in lacking(ticket, case_type)
        ],
        clocks=[clock_view(c) for c in read],
        actions=[] if ticket.gone == "expired" else lifecycle.possible(ticket.state),
        rating=await rating.one() if rating else None,
        held=privacy.legal_holds.shown(await held.all()),
        **plain,
    )


_COPIED = ("id", "number", "state", "priority", "case_type", "case_type_version", "channel", "elements", "spans",
    "tags", "checklist", "evidence", "opened_at", "changed_at", "waiting_for", "waiting_until", "outcome",
    "resolution", "callback_result", "merged_into", "resolved_at", "closed_at", "transfers", "reopenings", "gone")  # fmt: skip


def lacking(ticket: Ticket, case_type: CaseType) -> tuple[Missing, ...]:
    """What the next step of a ticket still needs."""
    if ticket.state in CLOSED_STATES:
        return ()
    return guards.missing(ticket, case_type, _NEXT_STEP.get(ticket.state, "resolve"))


def state_text(state: State, language: Language) -> str:
    """A state in the reader's language."""
    return STATE_TEXTS[state][0 if language == "zh" else 1]


def clock_view(c: Clock) -> ClockView:
    """A clock and how it stands now."""
    now = clock.now()
    return ClockView(
        kind=c.kind,
        state=c.state(now),
        started_at=c.started_at,
        due_at=c.due_at,
        left_seconds=c.left_seconds(now),
        paused_at=c.paused_at,
        stopped_at=c.stopped_at,
    )


async def find_tickets(
    work: Work, actor: Actor, filter_: Filter, *, sort: Sort, after: str, most: int
) -> Page:
    """A page of tickets: visible, filtered, in order, from where the last page ended."""
    page = await listed(work, actor, filter_, sort=sort, after=after, most=most)
    rows = page.rows
    people = await identity.directory(work)
    clocks = await sla.clocks_of(work, [r.id for r in rows]) if rows else {}
    items = [_row(row, people, clocks.get(row.id, ())) for row in rows]
    return Page(items=items, next=page.next, sentence=await sentence(work, filter_, actor.language))


async def rows_of(work: Work, ticket_ids: Sequence[UUID]) -> list[tuple[Place, TicketRow]]:
    """Rows of the list whoever may see them, each with what decides that: for live updates, which then ask `sees`."""
    pending = await work.send(queries.rows_of, ListRow, ids=list(ticket_ids))
    clocks = await sla.clocks_of(work, ticket_ids)
    people = await identity.directory(work)
    rows = await titled(work, await pending.all(), None)
    return [(_place(row), _row(row, people, clocks.get(row.id, ()))) for row in rows]


async def sentence(work: Work, filter_: Filter, language: Language) -> str:
    """A filter as a sentence in which people and teams have their names."""
    people = await identity.directory(work)
    names = {str(one.id): one.name for one in people.staff.values()}
    names |= {str(t.id): t.name_zh if language == "zh" else t.name_en for t in people.teams.values()}
    return filter_.sentence(language, names)


async def count_tickets(work: Work, actor: Actor, filter_: Filter, *, most: int = 10_000) -> int:
    """How many, counted up to `most`."""
    return await counted(work, actor, filter_, most=most)


async def search_value(work: Work, actor: Actor, search: ValueSearch) -> list[UUID]:
    """Tickets in which a whole card, ID, phone, e-mail or account stands; newest first, 100 at most."""
    indexes = customers.indexes_of(work, search.kind, search.value)
    rows = await work.rows(queries.tickets_of_values, _Id, indexes=indexes, **visible_to(actor))
    return [row.id for row in rows]


async def links(work: Work, actor: Actor, ticket_id: UUID) -> list[LinkView]:
    """Bonds of a ticket that the caller may see, to those it may see."""
    rows = await work.rows(queries.links, _Bond, ticket_id=ticket_id, **visible_to(actor))
    shown = await sealing.titles(work, rows, actor.language)
    return [
        LinkView(other_id=row.id, number=row.number, kind=row.kind, state=row.state, title=title)
        for row, title in zip(rows, shown, strict=True)
    ]


async def _customer_view(work: Work, ticket: Ticket) -> CustomerView | None:
    if ticket.customer_id is None:
        return None
    found = await customers.person(work, ticket.customer_id)
    if found is None:
        return None
    contacts = [{"kind": c.kind, "mask": c.mask, "value_id": str(c.value_id)} for c in found.contacts]
    origin = ticket.customer_id if found.id != ticket.customer_id else None
    return CustomerView(id=found.id, kind=found.kind, contacts=contacts, origin=origin)


def _place(row: ListRow) -> Place:
    return Place(
        team_id=row.team_id,
        assignee_id=row.assignee_id,
        customer_id=row.customer_id,
        task_teams=frozenset(row.task_teams),
    )


def _row(row: ListRow, people: Directory, clocks: Sequence[Clock]) -> TicketRow:
    still = [c for c in clocks if c.stopped_at is None]
    first = min((c for c in still if c.paused_at is None), key=lambda c: c.due_at, default=None)
    plain: Mapping[str, Any] = {f: getattr(row, f) for f in _LISTED}
    return TicketRow(
        team=_team(people, row.team_id),
        assignee=_login(people, row.assignee_id),
        due_at=first.due_at if first else None,
        clock_state=first.state(clock.now()) if first else "paused" if still else None,
        **plain,
    )


_LISTED = ("id", "number", "version", "state", "priority", "title", "case_type", "channel", "customer_id", "tags",
    "opened_at", "changed_at")  # fmt: skip


def _team(people: Directory, team_id: UUID | None) -> str | None:
    team = people.teams.get(team_id) if team_id else None
    return team.code if team else None


def _login(people: Directory, staff_id: UUID | None) -> str | None:
    person = people.staff.get(staff_id) if staff_id else None
    return person.login if person else None


__all__ = ["FILTERS", "MOST_ROWS", "Sort", "count_tickets", "find_ticket", "find_tickets", "id_of", "read_ticket",
    "search_value", "state_text", "tickets_by_id", "view"]  # fmt: skip
