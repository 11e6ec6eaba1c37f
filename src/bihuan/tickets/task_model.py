"""A department's part of a ticket, as its row says."""

from datetime import datetime
from uuid import UUID

import msgspec


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A part. `cause`: the clock and the step of its ladder that opened it, as `clock/step`."""

    id: UUID
    team_id: UUID
    title_zh: str
    title_en: str
    cause: str
    opened_at: datetime
    done_at: datetime | None = None
    done_by: UUID | None = None
