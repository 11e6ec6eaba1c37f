"""Protecting what comes in: texts are masked, values go to the vault, secrets are destroyed.

One `Protector` per verb gathers all values of one subject and writes them by one statement, and seals the words of its
rows. A new subject's key is made when the first value or word comes.
"""

from collections.abc import Mapping
from typing import TypedDict
from uuid import UUID

import msgspec

from bihuan.core import clock, ids
from bihuan.core.db import Work
from bihuan.privacy import texts, vault
from bihuan.privacy.mask import mask_text, mask_value
from bihuan.privacy.released import Released, shown
from bihuan.privacy.vault import Subject, queries

#: What stands in a row for a span of a masked text: [start, end, kind, value_id].
SpanRow = list[int | str]


class ValueRef(TypedDict):
    """What stands in a row in place of a protected value."""

    mask: str
    value_id: str


class ProtectedText(msgspec.Struct, frozen=True, kw_only=True):
    """A text that may be stored: masked, with the places of its masks, and what had to be destroyed."""

    text: str
    spans: list[SpanRow]
    destroyed: tuple[str, ...]


class _Value(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    kind: str
    value: str


class Protector:
    """Gathers protected values of one subject; `flush` queues them."""

    def __init__(
        self,
        work: Work,
        subject_id: UUID,
        *,
        subject: Subject | None = None,
        known: bool = False,
        released: Released = frozenset(),
        ticket_id: UUID | None = None,
    ) -> None:
        """`subject` if its key is at hand; `known` where the subject has a key already (which is then read);
        `released`: indexes of numbers that are masked no more; `ticket_id`: the ticket whose words these are.
        """
        self._ticket_id = ticket_id
        self._released = released
        self._work = work
        self._subject_id = subject_id
        self._subject = subject
        self._known = known
        self._values: list[_Value] = []
        self.destroyed: set[str] = set()
        #: Where masks stand in texts that have a place in their row ("title", "elements.symptom").
        self.places: dict[str, list[SpanRow]] = {}

    def text(self, text: str) -> ProtectedText:
        """A free text, masked; what was found goes to the vault."""
        masked = shown(self._work, mask_text(text), self._released)
        spans: list[SpanRow] = [
            [s.start, s.end, s.kind, str(self._add(s.kind, s.value))] for s in masked.spans
        ]
        self.destroyed.update(masked.destroyed)
        return ProtectedText(text=masked.text, spans=spans, destroyed=masked.destroyed)

    def plain(self, text: str, *, at: str | None = None) -> str:
        """A short text, masked. `at`: its place in the row, by which its masks are found; None where its masks need no
        way back to their values (a tag).
        """
        masked = self.text(text)
        if at is not None:
            self.places[at] = masked.spans
        return masked.text

    def value(self, kind: str, value: str) -> ValueRef:
        """A value known to be personal, whole."""
        return ValueRef(mask=mask_value(kind, value), value_id=str(self._add(kind, value)))

    async def seal(self, table: str, row: UUID, words: object) -> bytes:
        """JSON-able words for a row of this subject. Raises Shredded, KeyLost."""
        return texts.seal(self._work.tenant_id, await self.subject(), table, row, words)

    async def flush(self) -> None:
        """Queue what was gathered, the subject first where it is new."""
        if not self._values:
            return
        subject = await self.subject()
        key = self._work.ring.active("index")
        tenant = self._work.tenant_id
        await self._work.run(
            queries.add_values,
            subject_id=subject.id,
            ticket_id=self._ticket_id,
            ids=[v.id for v in self._values],
            kinds=[v.kind for v in self._values],
            ciphertexts=[vault.encrypt_value(tenant, subject, v.id, v.kind, v.value) for v in self._values],
            blind_indexes=[vault.blind_index(key, tenant, v.kind, v.value) for v in self._values],
            cipher=vault.CIPHER,
            index_key=key.tag,
            created_at=clock.now(),
        )
        self._values.clear()

    async def subject(self) -> Subject:
        """The subject with its key; read or made at the first need, and queued where it is new.

        Raises Shredded, KeyLost where it is known.
        """
        if self._subject is None:
            self._subject = (
                await vault.must_subject(self._work, self._subject_id)
                if self._known
                else vault.new_subject(self._subject_id)
            )
        if self._subject.new:
            await vault.add_subject(self._work, self._subject)
            self._subject = msgspec.structs.replace(self._subject, new=False)
        return self._subject

    def _add(self, kind: str, value: str) -> UUID:
        added = _Value(id=ids.new_id(), kind=kind, value=value)
        self._values.append(added)
        return added.id


def masks_only(values: Mapping[str, object]) -> dict[str, object]:
    """Stored values as everybody may see them: a reference shows its mask."""
    return {k: v["mask"] if isinstance(v, dict) and "value_id" in v else v for k, v in values.items()}
