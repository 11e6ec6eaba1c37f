"""Channels: the doors a customer's words come in by (portal, mail, chat, WeChat, phone, API, import).

Own: reading what arrives at a door into one shape, `contract.Inbound`, and the door's own files and formats.
Promise: whatever arrives is taken or named, never dropped and never raised over; one message keeps one
`external_id`, so reading it again repeats nothing; text is clean (no NUL, no lone surrogate) while the
original bytes stay in `raw`; what had to be repaired is said in `notes`.
Refuse: to decide. A door demands no field (a step does), opens no ticket by itself (`accept` does, through
`tickets.open_ticket`), answers nobody, and masks nothing: an Inbound holds plain personal data, never log it.
"""

from bihuan.channels.accept import Accepted, accept, door_id
from bihuan.channels.contract import (
    Inbound,
    InboundAttachment,
    InboundCustomer,
    Skipped,
    Unreadable,
    note_text,
)
from bihuan.channels.import_ import ColumnMap, MapInvalid, load_map, read_mail, read_path, size_of
from bihuan.channels.jobs import sweep_inbound
from bihuan.channels.portal import words as portal_words

__all__ = [
    "Accepted",
    "ColumnMap",
    "Inbound",
    "InboundAttachment",
    "InboundCustomer",
    "MapInvalid",
    "Skipped",
    "Unreadable",
    "accept",
    "door_id",
    "load_map",
    "note_text",
    "portal_words",
    "read_mail",
    "read_path",
    "size_of",
    "sweep_inbound",
]
