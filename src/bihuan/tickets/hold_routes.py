"""Legal holds over HTTP: placed on a person or a ticket, listed, lifted by two."""

from collections.abc import Sequence

from bihuan import privacy
from bihuan.core.http import Call, Query, operation
from bihuan.privacy import PERSON_HOLD, Hold, PlaceHold
from bihuan.tickets import holds, reads, retention_views
from bihuan.tickets.retention_views import HoldView

_ALL = Query(
    name="which",
    schema={"type": "string", "enum": ["standing", "all"]},
    zh="standing：仍有效的（默认）；all：全部。",
    en="standing: those that hold now (default); all.",
)


@operation(
    "POST", "/customers/{id}/holds", zh="对客户设置法律保全", en="Place a legal hold on a person", permission=PERSON_HOLD,
    takes=PlaceHold, gives=HoldView, status=201, sends=True,
)  # fmt: skip
async def post_person_hold(call: Call) -> HoldView:
    """Nothing of the person is deleted while it stands, whatever its time."""
    return await _one(
        call, await privacy.legal_holds.place_on_person(call.work, call.actor, call.id(), call.body)
    )


@operation(
    "POST", "/tickets/{id}/holds", zh="对工单设置法律保全", en="Place a legal hold on a ticket", permission=PERSON_HOLD,
    takes=PlaceHold, gives=HoldView, status=201, sends=True,
)  # fmt: skip
async def post_ticket_hold(call: Call) -> HoldView:
    """The ticket is not deleted while it stands, nor its person erased."""
    ticket_id = await reads.id_of(call.work, call.actor, call.path["id"])
    return await _one(call, await holds.place(call.work, call.actor, ticket_id, call.body))


@operation(
    "GET", "/holds", zh="法律保全", en="Legal holds", permission=PERSON_HOLD, gives=list[HoldView], query=(_ALL,)
)  # fmt: skip
async def get_holds(call: Call) -> list[HoldView]:
    """Holds, newest first, 500 at most."""
    which = call.one_of("which", ("standing", "all"))
    return await _views(call, await privacy.legal_holds.listed(call.work, all_=which == "all"))


@operation(
    "POST", "/holds/{id}/lift", zh="申请解除法律保全", en="Ask to lift a legal hold", permission=PERSON_HOLD,
    gives=HoldView,
)  # fmt: skip
async def post_lift(call: Call) -> HoldView:
    """Ask to lift it; a second person does."""
    return await _one(call, await privacy.legal_holds.ask_lift(call.work, call.actor, call.id()))


@operation(
    "POST", "/holds/{id}/lift/approve", zh="复核解除法律保全", en="Lift a legal hold", permission=PERSON_HOLD,
    gives=HoldView, confirms=True,
)  # fmt: skip
async def post_lift_approve(call: Call) -> HoldView:
    """Lift what another asked to lift."""
    return await _one(call, await holds.lift(call.work, call.actor, call.id()))


@operation(
    "POST", "/holds/{id}/lift/refuse", zh="驳回解除法律保全", en="Keep a legal hold", permission=PERSON_HOLD,
    gives=HoldView,
)  # fmt: skip
async def post_lift_refuse(call: Call) -> HoldView:
    """It stays; whoever asked to lift it may take that back the same way."""
    return await _one(call, await privacy.legal_holds.keep_on(call.work, call.actor, call.id()))


async def _one(call: Call, hold: Hold) -> HoldView:
    return (await _views(call, [hold]))[0]


async def _views(call: Call, found: Sequence[Hold]) -> list[HoldView]:
    return await retention_views.holds(call.work, call.actor.id, found)
