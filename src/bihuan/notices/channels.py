"""The ways out of the desk, and which of them are set up."""

from typing import get_args

from bihuan.core.settings import Settings
from bihuan.notices import email, sms
from bihuan.notices.attempt import Channel

CHANNELS: tuple[Channel, ...] = get_args(Channel)


def channels_on(settings: Settings) -> frozenset[Channel]:
    """The channels that are set up: nothing is queued for the others, and nobody is offered them."""
    on: dict[Channel, bool] = {
        "email": email.is_on(settings),
        "sms": sms.is_on(settings),
        "robot": bool(settings.robot_hosts.strip()),
    }
    return frozenset(channel for channel, is_on in on.items() if is_on)
