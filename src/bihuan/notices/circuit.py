"""A way out of the desk whose other side is dead: it rests, longer each time, and one message alone tries it again.

Meanwhile nothing is lost and no attempt is spent: deliveries stay rows that wait, the other ways go on, and colleagues
still read their feeds. Kept as a row, so that every worker and the notices room know it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from bihuan.core import clock, db, log
from bihuan.core.db import Work
from bihuan.notices.attempt import CALL_SECONDS, Channel, Failed, Later, Next, Outcome, Sent, Unsent, Unsure

queries = db.load(__file__)
Watched = Literal["email", "sms"]
#: One server stands behind each of these; robots are many, each by itself.
WATCHED: tuple[Watched, ...] = ("email", "sms")
#: Failures in a row after which a channel rests.
MOST_FAILURES = 5
#: How long, one rest after another; the last one repeats.
_RESTS = tuple(timedelta(seconds=s) for s in (30, 60, 120, 300, 600))
#: Whoever tries it again is the only one for as long as an attempt may last.
_TRIAL = timedelta(seconds=2 * CALL_SECONDS)
#: The other side was not there, or would not speak to us: nothing about the one message.
_DEAD = frozenset({"unreachable", "tls_failed", "login_refused", "no_answer"})
#: What we found wrong ourselves, before the other side heard of it.
_OURS = frozenset(
    {"erased", "bad_address", "no_address", "not_configured", "not_wanted", "overtaken", "failed"}
)
_log = log.get("channels")


class ChannelState(msgspec.Struct, frozen=True, kw_only=True):
    """How a channel fares: failures in a row, since when; `rests_until` None: it does not rest; `error`: the last one."""

    channel: Watched
    failures: int
    since_at: datetime | None
    rests_until: datetime | None
    error: str | None


class _Count(msgspec.Struct, frozen=True, kw_only=True):
    failures: int


async def states(work: Work) -> Sequence[ChannelState]:
    """Every channel that has failed since it last went well."""
    return await work.rows(queries.channel_states, ChannelState)


async def may_try(work: Work, channel: Channel) -> Literal["free", "trial", "rests"]:
    """Whether something may be sent now. Of a rest that is over one may (`trial`), and rests the others meanwhile."""
    if channel not in WATCHED:
        return "free"
    state = await work.one(queries.channel_state, ChannelState, channel=channel)
    if state is None or state.rests_until is None:
        return "free"
    now = clock.now()
    if state.rests_until > now:
        return "rests"
    trial = await work.one(queries.try_channel, _Count, channel=channel, now=now, until_at=now + _TRIAL)
    return "rests" if trial is None else "trial"


async def not_tried(work: Work, channel: Channel) -> None:
    """The trial came to nothing: the next message that comes may try."""
    await work.run(queries.untry_channel, channel=channel, now=clock.now())


async def heard(work: Work, channel: Channel, outcome: Outcome | Unsent, next_: Next) -> Next:
    """Take note of how an attempt ended; what then becomes of the delivery."""
    if channel not in WATCHED or isinstance(outcome, Later):
        return next_
    if isinstance(outcome, Failed | Unsure) and outcome.code in _DEAD:
        return await _failed(work, channel, outcome.code, next_)
    if isinstance(outcome, Sent) or outcome.code not in _OURS:
        await _well(work, channel)
    else:
        await not_tried(work, channel)
    return next_


async def _failed(work: Work, channel: Channel, code: str, next_: Next) -> Next:
    """What could not be handed over while the channel is dead waits for it and counts no attempt. What was handed over
    and got no answer may be the message's own fault: that counts, or it would be tried for ever.
    """
    now = clock.now()
    row = await work.must(queries.channel_failed, _Count, channel=channel, now=now, error=code)
    if row.failures < MOST_FAILURES:
        return next_
    until = now + rest(row.failures)
    await work.run(queries.rest_channel, channel=channel, until_at=until)
    _log.warning("channel_rests", channel=channel, failures=row.failures, until=until.isoformat(), code=code)
    if code == "no_answer":
        later = max(next_.due_at, until)
        return msgspec.structs.replace(next_, due_at=later) if next_.state == "waiting" else next_
    return Next(state="waiting", due_at=until, error=code, counts=False)


def rest(failures: int) -> timedelta:
    """How long a channel rests after so many failures in a row."""
    return _RESTS[min(failures - MOST_FAILURES, len(_RESTS) - 1)]


async def _well(work: Work, channel: Channel) -> None:
    """The other side answered, whatever it said."""
    was = await work.one(queries.channel_well, _Count, channel=channel)
    if was is not None and was.failures >= MOST_FAILURES:
        _log.info("channel_goes_on", channel=channel)
