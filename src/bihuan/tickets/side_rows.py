"""Rows beside a ticket that change with it: clocks, their former runs, requests for longer limits, tasks.

Each event that writes one of them tells its digest as it then stands, under `rows`: table → row → digest. The same texts
are built here from the structs and in the database from the rows, as in `state`. Not covered are the sweep's own marks on a
clock (`next_at`, `followed`): what it followed up stands in events of its own.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from bihuan import evidence, sla
from bihuan.evidence import LatestCheck
from bihuan.sla import Clock
from bihuan.tickets.extension_model import Extension
from bihuan.tickets.state import micros
from bihuan.tickets.task_model import Task

#: A column's name and its text; None for NULL.
Texts = list[tuple[str, str | None]]
#: Table → row → digest: what an event tells.
Rows = dict[str, dict[str, str]]

CLOCKS, PAST, EXTENSIONS, TASKS = "sla_clock", "sla_clock_past", "sla_extension", "task"
FILES = "file_check"
_CLOCK_PLAIN = ("kind", "run", "policy", "policy_version", "unit", "amount", "calendar", "calendar_version", "queue",
    "last_day", "stage", "target_seconds", "paused_seconds", "pauses", "stopped_by", "provisional")  # fmt: skip
_CLOCK_TIMES = ("started_at", "due_at", "paused_at", "stopped_at")
_EXTENSION_PLAIN = ("ticket_id", "kind", "run", "stage", "state", "asked_by", "decided_by", "seq")
_EXTENSION_TIMES = ("asked_at", "decided_at")
_TASK_PLAIN = ("team_id", "title_zh", "title_en", "cause", "done_by")
_TASK_TIMES = ("opened_at", "done_at")


def _check(table: str, row: str, plain: Iterable[str], times: Iterable[str]) -> LatestCheck:
    columns = (
        *(f"{c}::text" for c in plain),
        *(f"(extract(epoch from {c}) * 1000000)::bigint::text" for c in times),
    )
    return LatestCheck(kind="ticket", table=table, stream="ticket_id", id=row, columns=columns)


class FileOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an attachment, as its row has it; while it is being checked, and of a message's own original,
    nothing is vouched for but that nothing has been decided.
    """

    attachment_id: UUID
    state: str = "open"
    reason: str | None = None
    signature: str | None = None
    findings: str = "{}"
    left_out: int = 0
    copy_id: UUID | None = None
    copy_type: str | None = None
    copy_bytes: int | None = None
    copy_sha256: bytes | None = None


_FILE_OPEN = "settled_at is null or reason is not distinct from 'raw'"
_FILE_CHECK = LatestCheck(
    kind="ticket",
    table=FILES,
    stream="ticket_id",
    id="attachment_id::text",
    columns=(
        f"case when {_FILE_OPEN} then 'open' else state end",
        f"case when {_FILE_OPEN} then null else reason end",
        *("signature", "findings", "left_out::text", "copy_id::text", "copy_type", "copy_bytes::text"),
        "encode(copy_sha256, 'hex')",
    ),
)

#: All rows of which events tell the latest digest.
LATEST_CHECKS = (
    _check(CLOCKS, "kind", _CLOCK_PLAIN, _CLOCK_TIMES),
    _check(PAST, "kind || '/' || run", ("body",), ("ended_at",)),
    _check(EXTENSIONS, "id::text", _EXTENSION_PLAIN, _EXTENSION_TIMES),
    _check(TASKS, "id::text", _TASK_PLAIN, _TASK_TIMES),
    _FILE_CHECK,
)


def of_clocks(clocks: Iterable[Clock], *, before: Iterable[Clock] = ()) -> Rows:
    """What an event tells of the clocks it writes, and of the runs of `before` that gave way to them."""
    after = tuple(clocks)
    began = {c.kind: c.started_at for c in after}
    past = {
        f"{c.kind}/{c.run}": _digest(past_texts(c, began[c.kind]))
        for c in sla.clock.past(tuple(before), after)
    }
    told = {CLOCKS: {c.kind: _digest(clock_texts(c)) for c in after}, PAST: past}
    return {table: rows for table, rows in told.items() if rows}


def of_extension(extension: Extension) -> Rows:
    """What an event tells of a request as it then stands."""
    return {EXTENSIONS: {str(extension.id): _digest(extension_texts(extension))}}


def of_task(task: Task) -> Rows:
    """What an event tells of a task as it then stands."""
    return {TASKS: {str(task.id): _digest(task_texts(task))}}


def of_files(attachments: Iterable[UUID]) -> Rows:
    """What an event tells of files that are to be checked."""
    return joined(*(of_file_outcome(FileOutcome(attachment_id=id_)) for id_ in attachments))


def of_file_outcome(outcome: FileOutcome) -> Rows:
    """What an event tells of a file that was checked."""
    return {FILES: {str(outcome.attachment_id): _digest(file_texts(outcome))}}


def file_texts(o: FileOutcome) -> Texts:
    """The columns of a checked file's row."""
    names = ("state", "reason", "signature", "findings", "left_out", "copy_id", "copy_type", "copy_bytes")
    plain: Texts = [(name, _text(getattr(o, name))) for name in names]
    return [*plain, ("copy_sha256", o.copy_sha256.hex() if o.copy_sha256 else None)]


def clock_texts(c: Clock) -> Texts:
    """The columns of a clock's row."""
    other = {"pauses": evidence.canonical(c.pauses), "provisional": "true" if c.provisional else "false"}
    plain: Texts = [(name, other.get(name, _text(getattr(c, name)))) for name in _CLOCK_PLAIN]
    return plain + [(name, micros(getattr(c, name))) for name in _CLOCK_TIMES]


def past_texts(c: Clock, ended_at: datetime) -> Texts:
    """The columns of a former run's row."""
    return [("body", evidence.canonical(c)), ("ended_at", micros(ended_at))]


def extension_texts(extension: Extension) -> Texts:
    """The columns of a request's row."""
    plain: Texts = [(name, _text(getattr(extension, name))) for name in _EXTENSION_PLAIN]
    return plain + [(name, micros(getattr(extension, name))) for name in _EXTENSION_TIMES]


def task_texts(task: Task) -> Texts:
    """The columns of a task's row."""
    plain: Texts = [(name, _text(getattr(task, name))) for name in _TASK_PLAIN]
    return plain + [(name, micros(getattr(task, name))) for name in _TASK_TIMES]


def joined(*told: Mapping[str, Mapping[str, str]]) -> Rows:
    """Several tellings as one."""
    found: Rows = {}
    for one in told:
        for table, rows in one.items():
            found.setdefault(table, {}).update(rows)
    return found


def _digest(texts: Texts) -> str:
    return evidence.state_digest([text for _, text in texts])


def _text(value: str | int | UUID | None) -> str | None:
    return None if value is None else str(value)
