"""Numbers that only looked personal (an order number which passes Luhn): known again by their keyed index, shown in clear.

Which they are is remembered per process for some seconds and forgotten at a wake-up, like packs. The value itself stays in
the vault; taking a release back masks it again wherever it is masked in what is stored.
"""

from collections.abc import Collection, Iterable
from uuid import UUID

import msgspec

from bihuan.core import clock, db
from bihuan.core.db import Work
from bihuan.privacy import vault
from bihuan.privacy.mask import Masked, MaskedSpan
from bihuan.privacy.vault import Ciphertext, Subject

queries = db.load(__file__)

#: Wakes processes that remember.
TOPIC = "hits"
_FRESH_SECONDS = 5.0
Released = frozenset[bytes]
_NONE: Released = frozenset()
_remembered: dict[UUID, tuple[float, Released]] = {}


class _Index(msgspec.Struct, frozen=True, kw_only=True):
    blind_index: bytes


async def known(work: Work) -> Released:
    """The indexes of the tenant's released numbers."""
    remembered = _remembered.get(work.tenant_id)
    if remembered is not None and clock.perf() - remembered[0] < _FRESH_SECONDS:
        return remembered[1]
    found = frozenset(row.blind_index for row in await work.rows(queries.released, _Index)) or _NONE
    _remembered[work.tenant_id] = (clock.perf(), found)
    return found


def forget(tenant_id: str) -> None:
    """Read again: of one tenant, or of all."""
    for gone in [id_ for id_ in _remembered if str(id_) == tenant_id] or list(_remembered):
        _remembered.pop(gone, None)


def is_released(work: Work, among: Released, kind: str, value: str) -> bool:
    """Whether a value was released, under whichever key it was indexed then."""
    return bool(among) and any(
        index in among for index in vault.blind_indexes(work.ring, work.tenant_id, kind, value)
    )


def shown(work: Work, masked: Masked, among: Released) -> Masked:
    """A masked text with its released numbers in clear again."""
    if not among:
        return masked
    kept: list[MaskedSpan] = []
    text, shift = masked.text, 0
    for span in masked.spans:
        start, end = span.start + shift, span.end + shift
        if is_released(work, among, span.kind, span.value):
            text = text[:start] + span.value + text[end:]
            shift += len(span.value) - (end - start)
        else:
            kept.append(msgspec.structs.replace(span, start=start, end=end))
    return msgspec.structs.replace(masked, text=text, spans=tuple(kept))


async def clear_values(work: Work, ids: Collection[UUID]) -> dict[UUID, str]:
    """Of these values of the vault, those that were released, in clear."""
    among = await known(work)
    if not among or not ids:
        return {}
    rows = await work.rows(queries.values, Ciphertext, ids=list(ids))
    keys = await vault.find_subjects(work, {row.subject_id for row in rows})
    return dict(_clear(work, rows, keys, among))


def _clear(
    work: Work, rows: Iterable[Ciphertext], keys: dict[UUID, Subject | vault.NoKey], among: Released
) -> Iterable[tuple[UUID, str]]:
    for row in rows:
        key = keys[row.subject_id]
        if isinstance(key, Subject):
            value = vault.opened(work.tenant_id, key, row).value
            if is_released(work, among, row.kind, value):
                yield row.id, value
