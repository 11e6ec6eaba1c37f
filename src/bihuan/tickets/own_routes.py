"""What is one's own over HTTP: drafts and saved views."""

import msgspec

from bihuan.core.http import Call, operation
from bihuan.tickets import drafts, reads, views
from bihuan.tickets.done import notices
from bihuan.tickets.drafts import Draft
from bihuan.tickets.model import SaveDraft, SaveView
from bihuan.tickets.verbs import READ, VIEW_SAVE
from bihuan.tickets.views import SavedView


@operation("GET", "/drafts", zh="我的草稿", en="One's drafts", permission=READ, gives=list[Draft])
async def get_drafts(call: Call) -> list[Draft]:
    """One's own drafts."""
    return await drafts.my_drafts(call.work, call.actor)


@operation(
    "POST", "/tickets/{id}/drafts", zh="保存草稿", en="Save a draft", permission=READ, takes=SaveDraft, gives=list[Draft],
    status=201,
)  # fmt: skip
async def post_draft(call: Call) -> list[Draft]:
    """Keep a text that is not yet said."""
    ticket_id = (await reads.find_ticket(call.work, call.actor, call.path["id"])).id
    kept = await drafts.keep(
        call.work, call.actor, ticket_id, verb=call.body.verb, body=call.body.body, reason="saved"
    )
    told = notices(kept.destroyed, call.language)
    return [
        msgspec.structs.replace(one, destroyed=list(kept.destroyed), notices=told)
        if one.id == kept.id
        else one
        for one in await drafts.my_drafts(call.work, call.actor, ticket_id)
    ]


@operation("DELETE", "/drafts/{id}", zh="删除草稿", en="Drop a draft", permission=READ, status=204)
async def delete_draft(call: Call) -> None:
    """Throw a draft of one's own away."""
    await drafts.drop(call.work, call.actor, call.id())


@operation("GET", "/views", zh="已存视图", en="Saved views", permission=READ, gives=list[SavedView])
async def get_views(call: Call) -> list[SavedView]:
    """One's own views and the shared ones."""
    return await views.my_views(call.work, call.actor)


@operation(
    "POST",
    "/views",
    zh="保存视图",
    en="Save a view",
    permission=VIEW_SAVE,
    takes=SaveView,
    gives=SavedView,
    status=201,
)
async def post_view(call: Call) -> SavedView:
    """Save a filter under a name."""
    return await views.save_view(call.work, call.actor, call.body)


@operation("DELETE", "/views/{id}", zh="删除视图", en="Drop a view", permission=VIEW_SAVE, status=204)
async def delete_view(call: Call) -> None:
    """Drop a view of one's own."""
    await views.drop_view(call.work, call.actor, call.id())
