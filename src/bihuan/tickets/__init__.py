"""Tickets: the centre. A customer's trouble from intake to archive.

Owns the lifecycle and every verb of a ticket. Promises that a verb is one transaction with its event, that a stale
write names what changed and keeps its words, and that nothing personal stands in clear. Refuses what the lifecycle's
table does not hold.
"""

from bihuan.tickets import jobs
from bihuan.tickets.attach import AttachmentView, Store, Upload, attach, attachments, content, store_of
from bihuan.tickets.classify import check_off, reclassify, set_fields, set_priority, tag
from bihuan.tickets.close import archive, call_back, link, merge, reject, reopen, withdraw
from bihuan.tickets.doctor import Symptom, symptoms
from bihuan.tickets.done import Done
from bihuan.tickets.drafts import Draft, drafts
from bihuan.tickets.drafts import drop as drop_draft
from bihuan.tickets.drafts import keep as keep_draft
from bihuan.tickets.handle import process, resolve, resume, wait
from bihuan.tickets.hands import assign, claim, transfer
from bihuan.tickets.model import (
    Archive,
    Assign,
    Bulk,
    CallBack,
    Check,
    Claim,
    Link,
    Merge,
    Note,
    OpenTicket,
    Page,
    Process,
    Receive,
    Reclassify,
    Reject,
    Reopen,
    Reply,
    Resolve,
    Resume,
    SaveDraft,
    SaveView,
    SetFields,
    SetPriority,
    Tagging,
    Ticket,
    TicketView,
    Transfer,
    ValueSearch,
    Wait,
    Withdraw,
)
from bihuan.tickets.open import Door, Opened, open_ticket, problems_of
from bihuan.tickets.reads import count_tickets, find_ticket, find_tickets, id_of, read_ticket, search_value, timeline, view
from bihuan.tickets.state import ATTACHMENT_CHECK, MESSAGE_CHECK, ROW_CHECK
from bihuan.tickets.talk import note, receive, reply
from bihuan.tickets.verbs import ATTACH, BULK, BY_NAME, OPEN, READ, VERBS, VIEW_SAVE, Verb
from bihuan.tickets.views import SavedView, drop_view, save_view, views
from bihuan.tickets.write import StaleWrite

__all__ = [name for name in dir() if not name.startswith("_")]
