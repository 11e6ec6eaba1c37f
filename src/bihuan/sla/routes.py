"""What calendars and policies say, over HTTP; those that change them are beside."""

import asyncio

import msgspec

# Importing a module declares its operations.
import bihuan.sla.calendar_routes
import bihuan.sla.policy_routes
import bihuan.sla.proposal_routes
from bihuan.core import clock as time
from bihuan.core.http import Call, operation
from bihuan.sla import store
from bihuan.sla.match import Reason
from bihuan.sla.model import Facts
from bihuan.sla.permissions import SLA_READ
from bihuan.sla.rows import queries
from bihuan.sla.simulate import Simulate, Simulated, simulate
from bihuan.sla.views import ChangeRow

_declared = (bihuan.sla.calendar_routes, bihuan.sla.policy_routes, bihuan.sla.proposal_routes)
_LISTED_CHANGES = 200


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """Which policy holds for such a ticket, and why: each policy in the order of trial."""

    policy: str | None
    version: int
    reasons: list[Reason]


@operation(
    "POST",
    "/sla/why",
    zh="为何适用这条政策",
    en="Why this policy",
    permission=SLA_READ,
    takes=Facts,
    gives=Why,
)
async def post_why(call: Call) -> Why:
    """Which policy would hold for such a ticket now, and what failed in those before it."""
    book = await store.book(call.work)
    reasons = book.why(call.body, time.now())
    holds = next((r for r in reasons if r.matched), None)
    return Why(policy=holds.policy if holds else None, version=holds.version if holds else 0, reasons=reasons)


@operation(
    "POST",
    "/sla/simulate",
    zh="试算到期时间",
    en="When would this be due",
    permission=SLA_READ,
    takes=Simulate,
    gives=Simulated,
)
async def post_simulate(call: Call) -> Simulated:
    """For a clock of a policy or a bare limit; nothing is written."""
    # A ledger of ten years takes a while: others are served meanwhile.
    return await asyncio.to_thread(simulate, await store.book(call.work), call.body, call.language)


@operation(
    "GET",
    "/sla/changes",
    zh="时限重算记录",
    en="Clocks reckoned anew",
    permission=SLA_READ,
    gives=list[ChangeRow],
)
async def get_changes(call: Call) -> list[ChangeRow]:
    """Changes whose running clocks are being, or were, reckoned anew; latest first."""
    return await call.work.rows(queries.changes, ChangeRow, most=_LISTED_CHANGES)
