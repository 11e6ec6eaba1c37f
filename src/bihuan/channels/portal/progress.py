"""How far a ticket is, for somebody who has only its number: they also tell the last digits of the customer's mobile.

Both wrong answers are one answer, in the same time; tries are counted before anything is looked up.
"""

import hmac
from datetime import timedelta
from uuid import UUID

from bihuan import customers, identity, sla, tickets
from bihuan.channels.portal import words
from bihuan.channels.portal.address import network_of
from bihuan.channels.portal.model import Progress, ProgressAsk
from bihuan.channels.portal.shows import history_of, reached
from bihuan.core import clock, ids
from bihuan.core.actor import desk_actor
from bihuan.core.db import Work
from bihuan.core.desk import Desk
from bihuan.core.http import Call, operation
from bihuan.core.problems import Language, Problem
from bihuan.core.throttle import Limit
from bihuan.identity import NoSuchTenant
from bihuan.tickets import Ticket

_NOBODY = UUID(int=0)
#: Four digits are guessed in 10,000 tries: one number is open to 40 wrong ones a day, from wherever they come. Counted
#: first is the address: once it is shut, its tries use up no number and leave no new rows. Then the pair, so that one
#: address alone uses up a number only slowly.
_ADDRESS = Limit("progress_address", most=60, window=timedelta(minutes=15))
_PAIR = Limit("progress_pair", most=5, window=timedelta(minutes=15))
_NUMBER = Limit("progress_number", most=40, window=timedelta(hours=24))


class NoSuchProgress(Problem):
    """No ticket has this number and this mobile. Please check both, or call us."""

    status = 404
    zh = "没有找到与该工单号和手机尾号相符的工单，请核对后重试，或致电客服。"


@operation(
    "POST", "/portal/progress", zh="凭工单号查进度", en="How far a ticket is", permission=None, public=True,
    takes=ProgressAsk, gives=Progress,
)  # fmt: skip
async def post_progress(call: Call) -> Progress:
    """Where a ticket stands, for whoever knows its number and the last digits of its customer's mobile."""
    asked: ProgressAsk = call.body
    number = ids.clean_number(asked.number)[:40]
    # Before anything is counted: where it must be told which institution is meant, no ticket was looked for.
    tenant_id = await _tenant(call.desk, asked.tenant)
    network = network_of(call.address)
    # By the number alone: told with its tenant or without, it is the same ticket.
    counted = ((_ADDRESS, network), (_PAIR, f"{number}\n{network}"), (_NUMBER, number))
    for limit, who in counted:
        await limit.take(call.desk.database, _NOBODY, who)
    found = await _look_up(call, tenant_id, number)
    for limit, who in counted:
        await limit.give_back(call.desk.database, _NOBODY, who)
    return found


async def _look_up(call: Call, tenant_id: UUID, number: str) -> Progress:
    """Raises NoSuchProgress."""
    asked: ProgressAsk = call.body
    async with call.desk.database.work(tenant_id) as work:
        ticket = await tickets.ticket_of_number(work, desk_actor(work.tenant_id), number)
        # Asked of nobody where there is no ticket, so that both take as long.
        known = await customers.mobile_tails(work, (ticket and ticket.customer_id) or _NOBODY)
        same = [hmac.compare_digest(tail.encode(), asked.last4.encode()) for tail in known]
        if ticket is None or not any(same):
            raise NoSuchProgress
        return await _told(work, ticket, call.language)


async def _tenant(desk: Desk, code: str | None) -> UUID:
    """Raises Invalid where it must be told."""
    if code is None:
        return (await identity.find_only_tenant(desk)).id
    try:
        return (await identity.find_tenant(desk, code)).id
    except NoSuchTenant:
        return _NOBODY


async def _told(work: Work, ticket: Ticket, language: Language) -> Progress:
    clocks = await (await sla.read(work, ticket.id)).all()
    promised_at = await tickets.clock_views.promised_at(work, ticket, clocks)
    return Progress(
        number=ticket.number,
        stage=tickets.STAGES[ticket.state],
        state_text=words.state_text(ticket, language),
        explanation=words.explanation(ticket, language, promised_at=promised_at, now=clock.now()),
        steps=words.steps(ticket.state, reached(await history_of(work, ticket.id)), language),
        changed_at=ticket.changed_at,
    )
