"""How people want to be told: colleagues and customers."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from bihuan import customers, evidence
from bihuan.core import clock
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.problems import Invalid
from bihuan.core.settings import Settings
from bihuan.notices import channels, quiet, who
from bihuan.notices.model import (
    KINDS,
    CustomerWishes,
    CustomerWishesView,
    KindView,
    Wishes,
    WishesView,
    problems,
)
from bihuan.notices.queue import queries

#: By whatever there is.
_DEFAULT = CustomerWishes(email=True, sms=True)


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    staff_id: UUID
    email: str | None
    body: str


class _Body(msgspec.Struct, frozen=True, kw_only=True):
    body: str


async def wishes_of(work: Work, staff_ids: Sequence[UUID]) -> dict[UUID, Wishes]:
    """Wishes of several colleagues; who has said nothing has the defaults."""
    rows = await work.rows(queries.wishes, _Row, staff_ids=list(staff_ids))
    said = {row.staff_id: _read(row) for row in rows}
    return {id_: said.get(id_, Wishes()) for id_ in staff_ids}


async def wishes(work: Work, actor: Actor, settings: Settings) -> WishesView:
    """The actor's own, with all there is to wish for."""
    return _view((await wishes_of(work, [actor.id]))[actor.id], actor, settings)


async def put_wishes(work: Work, actor: Actor, settings: Settings, wanted: Wishes) -> WishesView:
    """Replace the actor's own. Raises Invalid with every problem."""
    if found := problems(wanted):
        raise Invalid(fields=found)
    body = msgspec.structs.replace(wanted, email=None)
    await work.run(
        queries.put_wishes,
        staff_id=actor.id,
        email=wanted.email,
        body=evidence.canonical(msgspec.to_builtins(body)),
        at=clock.now(),
    )
    return _view(wanted, actor, settings)


def mail_due(wishes: Wishes, at: datetime, *, urgent: bool) -> datetime:
    """When a colleague's mail may go."""
    if urgent and wishes.urgent_anyway:
        return at
    return quiet.after(at, wishes.quiet)


def _read(row: _Row) -> Wishes:
    said = msgspec.json.decode(row.body, type=Wishes)
    # A kind that is no more is nobody's wish.
    kinds = {kind: wanted for kind, wanted in said.kinds.items() if kind in KINDS}
    return msgspec.structs.replace(said, email=row.email, kinds=kinds)


def _view(wanted: Wishes, actor: Actor, settings: Settings) -> WishesView:
    kinds = [
        KindView(code=code, title=kind.zh if actor.language == "zh" else kind.en, wanted=wanted.wants(code))
        for code, kind in KINDS.items()
    ]
    return WishesView(
        channels=wanted.channels,
        email=wanted.email,
        quiet=wanted.quiet,
        urgent_anyway=wanted.urgent_anyway,
        kinds=wanted.kinds,
        all_kinds=kinds,
        mail_is_sent="email" in channels.channels_on(settings),
    )


async def customer_wishes_of(work: Work, customer_id: UUID) -> CustomerWishes:
    """A customer's, or the default."""
    row = await work.one(queries.customer_wishes, _Body, customer_id=customer_id)
    return msgspec.json.decode(row.body, type=CustomerWishes) if row else _DEFAULT


async def customer_wishes(work: Work, customer_id: UUID, settings: Settings) -> CustomerWishesView:
    """A customer's, with the masked addresses."""
    wanted = await customer_wishes_of(work, customer_id)
    contacts = (await customers.customers_of(work, [customer_id]))[customer_id]
    on = channels.channels_on(settings)
    email = who.reach(contacts, "email") if "email" in on else None
    mobile = who.reach(contacts, "mobile") if "sms" in on else None
    return CustomerWishesView(
        email=wanted.email,
        sms=wanted.sms,
        email_to=email.mask if email else None,
        sms_to=mobile.mask if mobile else None,
    )


async def put_customer_wishes(
    work: Work, customer_id: UUID, settings: Settings, wanted: CustomerWishes
) -> CustomerWishesView:
    """Replace a customer's own."""
    await work.run(
        queries.put_customer_wishes,
        customer_id=customer_id,
        body=evidence.canonical(msgspec.to_builtins(wanted)),
        at=clock.now(),
    )
    return await customer_wishes(work, customer_id, settings)
