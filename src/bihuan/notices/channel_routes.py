"""How the ways out of the desk fare, over HTTP."""

from datetime import datetime

import msgspec

from bihuan.core import clock
from bihuan.core.http import Call, operation
from bihuan.notices import attempt, circuit
from bihuan.notices.attempt import Channel
from bihuan.notices.channels import CHANNELS, channels_on
from bihuan.notices.circuit import ChannelState, queries
from bihuan.notices.delivery_routes import NOTICE_MANAGE


class ChannelView(msgspec.Struct, frozen=True, kw_only=True):
    """A way out. `on`: set up; `waiting`: messages that wait; `failures` in a row `since` then; `resting`: nothing is tried
    before `rests_until`; `error` a code, `error_text` what it means.
    """

    channel: Channel
    on: bool
    waiting: int
    failures: int
    since: datetime | None
    resting: bool
    rests_until: datetime | None
    error: str | None
    error_text: str | None


class _Waiting(msgspec.Struct, frozen=True, kw_only=True):
    channel: Channel
    count: int


@operation(
    "GET", "/notices/channels", zh="外发渠道状态", en="How the ways out of the desk fare", permission=NOTICE_MANAGE,
    gives=list[ChannelView],
)  # fmt: skip
async def get_channels(call: Call) -> list[ChannelView]:
    """Each channel: set up or not, resting or not, and how much waits for it."""
    states = {one.channel: one for one in await circuit.states(call.work)}
    rows = await call.work.rows(queries.channels_waiting, _Waiting)
    waiting = {row.channel: row.count for row in rows}
    on = channels_on(call.desk.settings)
    return [
        _view(call, channel, states.get(channel), on=channel in on, waiting=waiting.get(channel, 0))
        for channel in CHANNELS
    ]


def _view(call: Call, channel: Channel, state: ChannelState | None, *, on: bool, waiting: int) -> ChannelView:
    error = state.error if state else None
    until = state.rests_until if state else None
    texts = attempt.ERRORS.get(error or "")
    return ChannelView(
        channel=channel,
        on=on,
        waiting=waiting,
        failures=state.failures if state else 0,
        since=state.since_at if state else None,
        resting=until is not None and until > clock.now(),
        rests_until=until,
        error=error,
        error_text=texts[call.language == "en"] if texts else error,
    )
