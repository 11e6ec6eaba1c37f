"""Asking again who it is, before what is sensitive: the session remembers when its owner last proved it."""

from datetime import timedelta

from bihuan.core import clock
from bihuan.core.actor import Actor
from bihuan.identity.signing import ConfirmAgain, SessionNeeded


def confirmed(actor: Actor, *, within: int) -> None:
    """Raise ConfirmAgain unless the session's owner proved who they are within so many minutes.

    A token has nobody to ask: it proves itself with each request, and may what its scope says.
    """
    if actor.via != "session":
        return
    if actor.confirmed_at is None or clock.now() - actor.confirmed_at > timedelta(minutes=within):
        raise ConfirmAgain


def here(actor: Actor, *, within: int) -> None:
    """Like `confirmed`, of what no token may do at all: one's factors, password, sessions. Raises SessionNeeded too."""
    if actor.via != "session":
        raise SessionNeeded
    confirmed(actor, within=within)
