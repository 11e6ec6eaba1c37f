"""How much one customer may send: a stranger's link must not fill the desk.

Counted in the transaction that does it, so what is refused, or answered again under its key, does not count.
"""

from datetime import timedelta
from typing import Literal

from bihuan.core.http import Call
from bihuan.core.settings import Settings
from bihuan.core.throttle import Limit
from bihuan.tickets import NudgeLimit

Act = Literal["messages", "files", "tickets"]


async def spend(call: Call, act: Act, *, many: int = 1) -> None:
    """Count what the customer is about to do. Raises TooManyTries."""
    await _limit(call.desk.settings, act).spend(call.work, str(call.actor.id), many=many)


def of_nudges(settings: Settings) -> NudgeLimit:
    """How often a customer may urge one ticket; counted from the ticket's own events, so it is told when again."""
    return NudgeLimit(hours=settings.nudge_hours, per_day=settings.nudge_per_day)


def _limit(settings: Settings, act: Act) -> Limit:
    match act:
        case "messages":
            return Limit("portal_messages", most=settings.portal_messages, window=timedelta(hours=1))
        case "files":
            return Limit("portal_files", most=settings.portal_files, window=timedelta(days=1))
        case "tickets":
            return Limit("portal_tickets", most=settings.portal_tickets, window=timedelta(days=1))
