"""Customer verification (核身) of a ticket over HTTP."""

from bihuan.core.http import Call, operation
from bihuan.tickets import reads
from bihuan.tickets.verbs import READ, VERIFY
from bihuan.tickets.verification import RecordVerification, VerificationView, record, verification_of


@operation(
    "GET", "/tickets/{id}/verifications", zh="客户核身", en="How the customer is verified", permission=READ,
    gives=VerificationView,
)  # fmt: skip
async def get_verifications(call: Call) -> VerificationView:
    """The level reached, what the case type asks for, and every attempt, newest first."""
    ticket = await reads.find_ticket(call.work, call.actor, call.path["id"])
    return await verification_of(call.work, ticket, minutes=call.desk.settings.verification_minutes)


@operation(
    "POST", "/tickets/{id}/verifications", zh="登记核身结果", en="Record a verification", permission=VERIFY,
    takes=RecordVerification, gives=VerificationView, status=201, sends=True,
)  # fmt: skip
async def post_verification(call: Call) -> VerificationView:
    """What came of an attempt: method, level, result; never an answer or a code."""
    minutes = call.desk.settings.verification_minutes
    ticket_id = await reads.id_of(call.work, call.actor, call.path["id"])
    ticket = await record(call.work, call.actor, ticket_id, call.body, minutes=minutes)
    return await verification_of(call.work, ticket, minutes=minutes)
