"""Tickets: the centre. A customer's trouble from intake to archive.

Owns the lifecycle and every verb of a ticket. Promises that a verb is one transaction with its event, that a stale
write names what changed and keeps its words, and that nothing personal stands in clear. Refuses what the lifecycle's
table does not hold.
"""

from bihuan.tickets import (
    clock_views,
    due,
    erasing,
    extensions,
    file_check,
    jobs,
    live,
    live_stream,
    look_alarms,
    moves,
)
from bihuan.tickets.classify import check_off, reclassify, set_fields, set_priority, tag
from bihuan.tickets.close import archive, call_back, link, merge, reject, reopen, withdraw
from bihuan.tickets.customer import AlreadyRated, rate, rated, rating_of, take_back
from bihuan.tickets.doctor import Symptom, symptoms
from bihuan.tickets.done import Done, notices
from bihuan.tickets.drafts import Draft, my_drafts
from bihuan.tickets.drafts import drop as drop_draft
from bihuan.tickets.drafts import keep as keep_draft
from bihuan.tickets.extension_model import AskExtension, GrantExtension, RefuseExtension
from bihuan.tickets.file_model import AttachmentView, FileState, Store, Upload, store_of
from bihuan.tickets.file_types import download_headers
from bihuan.tickets.file_views import attachments, content, original
from bihuan.tickets.files import attach
from bihuan.tickets.handle import process, resolve, resume, wait
from bihuan.tickets.hands import assign, claim, transfer
from bihuan.tickets.history import Talk, newest_talk, timeline, turns
from bihuan.tickets.lifecycle import CLOSED_STATES, OPEN_STATES, STAGES, STATES, State, allows
from bihuan.tickets.look_model import LOOK_READ
from bihuan.tickets.look_model import RULES as LOOK_RULES
from bihuan.tickets.looks import at_ticket as look_at
from bihuan.tickets.looks import record as record_look
from bihuan.tickets.model import (
    Archive,
    Assign,
    Bulk,
    CallBack,
    Channel,
    Check,
    Claim,
    Entry,
    Link,
    Merge,
    Note,
    OpenTicket,
    Page,
    Process,
    Rate,
    Rating,
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
    TakeBack,
    Ticket,
    TicketRow,
    TicketView,
    Transfer,
    ValueSearch,
    Wait,
    Withdraw,
)
from bihuan.tickets.new_facts import NewFacts, new_facts
from bihuan.tickets.nudge import NudgeLimit, NudgeTicket, nudge
from bihuan.tickets.open import Door, Opened, open_ticket, problems_of
from bihuan.tickets.package import Made
from bihuan.tickets.package import make as make_package
from bihuan.tickets.package_model import ExportEvidence
from bihuan.tickets.reads import (
    Origin,
    count_tickets,
    find_ticket,
    find_tickets,
    id_of,
    lacking,
    opened_by,
    own_tickets,
    read_ticket,
    rows_of,
    search_value,
    state_text,
    ticket_of_number,
    tickets_by_id,
    view,
)
from bihuan.tickets.sealing import message_nonce, title_of
from bihuan.tickets.side_rows import LATEST_CHECKS
from bihuan.tickets.state import ATTACHMENT_CHECK, MESSAGE_CHECK, PAYLOAD_CHECKS, ROW_CHECK
from bihuan.tickets.talk import note, receive, reply
from bihuan.tickets.tasks import open_task_teams
from bihuan.tickets.verbs import ATTACH, BULK, BY_NAME, OPEN, READ, VERBS, VIEW_SAVE, Verb
from bihuan.tickets.verification import RecordVerification, verification_of
from bihuan.tickets.verification import level as verification_level
from bihuan.tickets.verification import record as record_verification
from bihuan.tickets.views import SavedView, drop_view, my_views, save_view
from bihuan.tickets.visible import Place, sees
from bihuan.tickets.write import StaleWrite

__all__ = [
    "ATTACH",
    "ATTACHMENT_CHECK",
    "BULK",
    "BY_NAME",
    "CLOSED_STATES",
    "LATEST_CHECKS",
    "LOOK_READ",
    "LOOK_RULES",
    "MESSAGE_CHECK",
    "OPEN",
    "OPEN_STATES",
    "PAYLOAD_CHECKS",
    "READ",
    "ROW_CHECK",
    "STAGES",
    "STATES",
    "VERBS",
    "VIEW_SAVE",
    "AlreadyRated",
    "Archive",
    "AskExtension",
    "Assign",
    "AttachmentView",
    "Bulk",
    "CallBack",
    "Channel",
    "Check",
    "Claim",
    "Done",
    "Door",
    "Draft",
    "Entry",
    "ExportEvidence",
    "FileState",
    "GrantExtension",
    "Link",
    "Made",
    "Merge",
    "NewFacts",
    "Note",
    "NudgeLimit",
    "NudgeTicket",
    "OpenTicket",
    "Opened",
    "Origin",
    "Page",
    "Place",
    "Process",
    "Rate",
    "Rating",
    "Receive",
    "Reclassify",
    "RecordVerification",
    "RefuseExtension",
    "Reject",
    "Reopen",
    "Reply",
    "Resolve",
    "Resume",
    "SaveDraft",
    "SaveView",
    "SavedView",
    "SetFields",
    "SetPriority",
    "StaleWrite",
    "State",
    "Store",
    "Symptom",
    "Tagging",
    "TakeBack",
    "Talk",
    "Ticket",
    "TicketRow",
    "TicketView",
    "Transfer",
    "Upload",
    "ValueSearch",
    "Verb",
    "Wait",
    "Withdraw",
    "allows",
    "archive",
    "assign",
    "attach",
    "attachments",
    "call_back",
    "check_off",
    "claim",
    "clock_views",
    "content",
    "count_tickets",
    "download_headers",
    "drop_draft",
    "drop_view",
    "due",
    "erasing",
    "extensions",
    "file_check",
    "find_ticket",
    "find_tickets",
    "id_of",
    "jobs",
    "keep_draft",
    "lacking",
    "link",
    "live",
    "live_stream",
    "look_alarms",
    "look_at",
    "make_package",
    "merge",
    "message_nonce",
    "moves",
    "my_drafts",
    "my_views",
    "new_facts",
    "newest_talk",
    "note",
    "notices",
    "nudge",
    "open_task_teams",
    "open_ticket",
    "opened_by",
    "original",
    "own_tickets",
    "problems_of",
    "process",
    "rate",
    "rated",
    "rating_of",
    "read_ticket",
    "receive",
    "reclassify",
    "record_look",
    "record_verification",
    "reject",
    "reopen",
    "reply",
    "resolve",
    "resume",
    "rows_of",
    "save_view",
    "search_value",
    "sees",
    "set_fields",
    "set_priority",
    "state_text",
    "store_of",
    "symptoms",
    "tag",
    "take_back",
    "ticket_of_number",
    "tickets_by_id",
    "timeline",
    "title_of",
    "transfer",
    "turns",
    "verification_level",
    "verification_of",
    "view",
    "wait",
    "withdraw",
]
