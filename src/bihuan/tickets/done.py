"""What a verb hands back: the ticket as it will stand, and what its caller must hear."""

import msgspec

from bihuan.casetypes import CaseType
from bihuan.tickets.model import Ticket
from bihuan.tickets.write import Held


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """The ticket after the verb, and its case type, by which readers are told what is missing."""

    ticket: Ticket
    case_type: CaseType
    destroyed: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


def done(
    held: Held, ticket: Ticket, *, case_type: CaseType | None = None, dropped: tuple[str, ...] = ()
) -> Done:
    """The answer of a verb."""
    return Done(
        ticket=ticket,
        case_type=case_type or held.loaded.case_type,
        destroyed=tuple(sorted(held.protector.destroyed)),
        dropped=dropped,
    )
