"""Released numbers over HTTP."""

from bihuan.core.http import Call, operation
from bihuan.tickets import hits, reads
from bihuan.tickets.hits import RELEASE, HitView, ReleaseHit


@operation(
    "POST", "/tickets/{id}/hits/{value}/release", zh="放行误报号码", en="Release a false hit", permission=RELEASE,
    takes=ReleaseHit, gives=HitView,
)  # fmt: skip
async def post_release(call: Call) -> HitView:
    """A number that was taken for personal and is none: shown in clear from now on, here and throughout."""
    ticket_id = await reads.id_of(call.work, call.actor, call.path["id"])
    return await hits.release(call.work, call.actor, ticket_id, call.id("value"), call.body.reason)


@operation("GET", "/hits", zh="已放行的号码", en="Released numbers", permission=RELEASE, gives=list[HitView])
async def get_hits(call: Call) -> list[HitView]:
    """The numbers that are masked no more, newest first."""
    return await hits.released_hits(call.work)


@operation(
    "POST", "/hits/{id}/withdraw", zh="撤销放行", en="Mask it again", permission=RELEASE, gives=HitView
)  # fmt: skip
async def post_withdraw(call: Call) -> HitView:
    """Take a release back: the number is masked again, wherever what is stored has its mask."""
    return await hits.withdraw(call.work, call.actor, call.id())
