"""A ticket's time over HTTP: its clocks and ledgers, longer limits, departments' tasks, and the board."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import msgspec

from bihuan import sla
from bihuan.core.db import Work
from bihuan.core.http import Call, Query, operation
from bihuan.tickets import extensions, looks, reads, tasks
from bihuan.tickets.board import MOST_MINUTES, Board, board
from bihuan.tickets.clock_model import ClockLedger, TicketClocks
from bihuan.tickets.clock_views import clock_ledger, look, ticket_clocks
from bihuan.tickets.done import Done, notices
from bihuan.tickets.extension_model import AskExtension, ExtensionLapsed, GrantExtension, RefuseExtension
from bihuan.tickets.tasks import FinishTask, TaskView
from bihuan.tickets.verbs import READ

_HOUR = 60
#: What decides a request, in the transaction it is given.
_Decide = Callable[[Work, UUID], Awaitable[Done]]


@operation(
    "GET", "/tickets/{id}/clocks", zh="工单计时", en="A ticket's clocks", permission=READ, gives=TicketClocks
)
async def get_clocks(call: Call) -> TicketClocks:
    """All clocks with their stages and ladders, the runs before, and why this policy."""
    looked = await look(call.work, call.actor, call.path["id"], call.language)
    await looks.at_ticket(call.work, call.actor, looked.ticket.id)
    return await ticket_clocks(call.work, looked)


@operation(
    "GET", "/tickets/{id}/clocks/{kind}/ledger", zh="计时台账", en="A clock's ledger", permission=READ,
    gives=ClockLedger,
    query=(Query(name="run", schema={"type": "integer", "minimum": 1}, zh="第几次计时", en="Which run"),),
)  # fmt: skip
async def get_ledger(call: Call) -> ClockLedger:
    """What counted and what did not, with the cause, from the start; and what is ahead."""
    looked = await look(call.work, call.actor, call.path["id"], call.language)
    run = call.number("run", default=0, most=2**15)
    return clock_ledger(looked, call.path["kind"], run or None)


@operation(
    "POST", "/tickets/{id}/clocks/{kind}/extensions", zh="申请延长时限", en="Ask for a longer limit",
    permission="ticket.resolve", takes=AskExtension, gives=TicketClocks, status=201, sends=True,
)  # fmt: skip
async def post_extension(call: Call) -> TicketClocks:
    """Ask for the next stage of a clock; another person decides before the limit ends."""
    ticket_id = await reads.id_of(call.work, call.actor, call.path["id"])
    done = await extensions.ask_extension(call.work, call.actor, ticket_id, call.body, kind=call.path["kind"])
    return _heard(call, await _clocks(call, call.work, ticket_id), done.destroyed)


@operation(
    "POST", "/tickets/{id}/extensions/{extension}/grant", zh="批准延长时限", en="Grant a longer limit",
    permission=sla.SLA_EXTEND, takes=GrantExtension, gives=TicketClocks, sends=True, apart=True,
)  # fmt: skip
async def post_grant(call: Call) -> TicketClocks:
    """Grant what another asked for: the customer is told at once, in the same transaction."""

    async def grant(work: Work, ticket_id: UUID) -> Done:
        return await extensions.grant_extension(
            work, call.actor, ticket_id, call.body, extension_id=call.id("extension")
        )

    return await _decided(call, grant)


@operation(
    "POST", "/tickets/{id}/extensions/{extension}/refuse", zh="驳回延长申请", en="Refuse a longer limit",
    permission=sla.SLA_EXTEND, takes=RefuseExtension, gives=TicketClocks, apart=True,
)  # fmt: skip
async def post_refuse(call: Call) -> TicketClocks:
    """Refuse what another asked for, with the reason."""

    async def refuse(work: Work, ticket_id: UUID) -> Done:
        return await extensions.refuse_extension(
            work, call.actor, ticket_id, call.body, extension_id=call.id("extension")
        )

    return await _decided(call, refuse)


@operation(
    "GET", "/tickets/{id}/tasks", zh="协办任务", en="A ticket's tasks", permission=READ, gives=list[TaskView]
)
async def get_tasks(call: Call) -> list[TaskView]:
    """Departments' parts of the ticket."""
    ticket = await reads.find_ticket(call.work, call.actor, call.path["id"])
    return await tasks.tasks_of(call.work, ticket.id, call.language)


@operation(
    "POST", "/tickets/{id}/tasks/{task}/done", zh="完成协办任务", en="Finish a task", permission="ticket.note",
    takes=FinishTask, gives=list[TaskView], sends=True,
)  # fmt: skip
async def post_task_done(call: Call) -> list[TaskView]:
    """A department's part is done."""
    ticket_id = await reads.id_of(call.work, call.actor, call.path["id"])
    task_id = call.id("task")
    destroyed = await tasks.finish_task(call.work, call.actor, ticket_id, call.body, task_id=task_id)
    told = notices(destroyed, call.language)
    return [
        msgspec.structs.replace(one, destroyed=list(destroyed), notices=told) if one.id == task_id else one
        for one in await tasks.tasks_of(call.work, ticket_id, call.language)
    ]


@operation(
    "GET", "/sla/board", zh="即将超时看板", en="What breaches next", permission=READ, gives=Board,
    query=(
        Query(
            name="within", schema={"type": "integer", "minimum": 1, "maximum": MOST_MINUTES}, zh="多少分钟之内",
            en="Within so many minutes",
        ),
        Query(name="team", schema={"type": "string", "maxLength": 64}, zh="团队代码", en="A team's code"),
    ),
)  # fmt: skip
async def get_board(call: Call) -> Board:
    """Clocks that fall due within the next hour or so, over the tickets one sees, by least time left."""
    minutes = max(1, call.number("within", default=_HOUR, most=MOST_MINUTES))
    return await board(call.work, call.actor, minutes=minutes, team=call.query.get("team"))


async def _decided(call: Call, decide: _Decide) -> TicketClocks:
    """Decide in a transaction of its own; that a request came too late is recorded in another."""
    tenant_id = call.actor.tenant_id
    async with call.desk.database.work(tenant_id) as work:
        ticket_id = (await reads.find_ticket(work, call.actor, call.path["id"])).id
    try:
        async with call.desk.database.work(tenant_id) as work:
            done = await decide(work, ticket_id)
            return _heard(call, await _clocks(call, work, ticket_id), done.destroyed)
    except ExtensionLapsed:
        await extensions.lapse_of(call.desk, tenant_id, ticket_id)
        raise


def _heard(call: Call, clocks: TicketClocks, destroyed: Sequence[str]) -> TicketClocks:
    """With what was destroyed in the words that were just written."""
    told = notices(destroyed, call.language)
    return msgspec.structs.replace(clocks, destroyed=list(destroyed), notices=told)


async def _clocks(call: Call, work: Work, ticket_id: UUID) -> TicketClocks:
    return await ticket_clocks(work, await look(work, call.actor, str(ticket_id), call.language))
