"""A person's own data at the portal: they ask for it, read how it stands, and fetch the file."""

from bihuan import customers
from bihuan.core.http import Answer, Call, operation
from bihuan.customers import OwnRequest


@operation(
    "POST", "/portal/access-requests", zh="申请查阅我的个人信息", en="Ask for my data", permission=None, asks="customer",
    gives=OwnRequest, status=201, sends=True,
)  # fmt: skip
async def post_request(call: Call) -> OwnRequest:
    """Ask for all we hold of oneself."""
    return customers.access_model.own(
        await customers.access.ask(call.work, call.actor, call.actor.id), call.language
    )


@operation(
    "GET", "/portal/access-requests", zh="我的查阅申请", en="My requests for my data", permission=None, asks="customer",
    gives=list[OwnRequest],
)  # fmt: skip
async def get_requests(call: Call) -> list[OwnRequest]:
    """How one's requests stand, newest first, 50 at most."""
    found = await customers.access.requests_of(call.work, [call.actor.id, *call.actor.selves])
    return [customers.access_model.own(one, call.language) for one in found]


@operation(
    "GET", "/portal/access-requests/{id}/file", zh="下载我的个人信息", en="Download my data", permission=None,
    asks="customer", gives=bytes,
)  # fmt: skip
async def get_file(call: Call) -> Answer:
    """The file as a ZIP, until it expires."""
    fetched = await customers.access_giving.fetch_own(call.desk, call.work, call.actor, call.id())
    return customers.access_giving.download(fetched)
