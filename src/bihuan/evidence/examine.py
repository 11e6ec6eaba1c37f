"""The slow path: one stream that does not hold, loaded whole and judged."""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any
from uuid import UUID

from bihuan.evidence import checks
from bihuan.evidence.checks import Checks, LatestCheck, PayloadCheck, RowCheck
from bihuan.evidence.copy import Snapshot
from bihuan.evidence.findings import Finding, Judgement, Places, judge
from bihuan.evidence.proof import Case, Keys, Leaf, Stored, StoredHead
from bihuan.evidence.state import digest
from bihuan.evidence.statements import Statements

_LARGEST = 2**63 - 1


class Examiner:
    """Names what was done to one stream at a time.

    `broken`: seals whose leaves are not to be believed. `on_unsealed` is asked whether a head was edited that says it
    was sealed further than any seal says; set only where no seal is known to be broken. `events`: rows read.
    """

    on_unsealed: Callable[[], bool] | None = None

    def __init__(self, snapshot: Snapshot, tenant_id: UUID, keys: Keys, broken: AbstractSet[int]) -> None:
        self._snapshot = snapshot
        self._tenant_id = tenant_id
        self._statements = Statements(tenant_id)
        self._keys = keys
        self._broken = broken
        self.events = 0

    def findings(self, stream_id: UUID, against: Checks, *, suspect: bool) -> Iterator[Finding]:
        """What was done to the stream, by number. `suspect`: the scan knows that it does not hold."""
        case = self._case(stream_id)
        self.events += len(case.rows)
        judgement = judge(case, self._keys, self._near)
        places, kind = set(judgement.places), judgement.proof.kind
        exists = case.head is not None or bool(case.rows)
        for check in against.rows:
            found, says = self._states(check, case, judgement, exists=exists)
            places |= found
            kind = check.kind if says and not exists else kind
        for check in against.payloads:
            found = self._payloads(check, case, judgement, exists=exists)
            places |= found
            kind = check.kind if found and not exists else kind
        found = self._latest(against.latest, case, judgement, exists=exists)
        kind = against.latest[0].kind if found and not exists else kind
        places |= found
        if (
            exists
            and not places
            and (self._is_sealed_column_edited(case) or (suspect and not self._is_excused(case)))
        ):
            places.add((judgement.last, "edited"))
        yield from (Finding(stream=f"{kind}:{stream_id}", seq=seq, kind=what) for seq, what in sorted(places))

    def _case(self, stream_id: UUID) -> Case:
        heads = self._snapshot.rows(self._statements.stream_head(stream_id))
        leaves = self._snapshot.rows(self._statements.stream_leaves(stream_id))
        return Case(
            tenant_id=self._tenant_id,
            id=stream_id,
            rows=_stored(self._snapshot.rows(self._statements.stream_events(stream_id))),
            head=_head(heads[0]) if heads else None,
            leaves=[Leaf(seq=seq, hash=hash_) for seq, seal, hash_ in leaves if seal not in self._broken],
        )

    def _near(self, stream_id: UUID, seq: int) -> Sequence[Stored]:
        if not 0 < seq <= _LARGEST:
            return ()
        return _stored(self._snapshot.rows(self._statements.places(stream_id, seq)))

    def _is_sealed_column_edited(self, case: Case) -> bool:
        """Whether `sealed_seq` differs from what the seals say, and these are known to be whole."""
        if self.on_unsealed is None or case.head is None:
            return False
        sealed = case.leaves[-1].seq if case.leaves else 0
        return case.head.sealed < sealed or (case.head.sealed > sealed and self.on_unsealed())

    def _is_excused(self, case: Case) -> bool:
        """Whether the head says more than the seals, which may be gone."""
        return case.head is not None and case.head.sealed > (case.leaves[-1].seq if case.leaves else 0)

    def _states(
        self, check: RowCheck, case: Case, judgement: Judgement, *, exists: bool
    ) -> tuple[Places, bool]:
        """What was done to the row the stream is about, and whether there is such a row."""
        rows = self._snapshot.rows(self._statements.row_states(check, case.id))
        if not exists or check.kind != judgement.proof.kind:
            lost: Places = {(judgement.last, "vanished")} if rows else set()
            return lost, bool(rows)
        if not rows:
            return {(judgement.last, "vanished")}, False
        if len(rows) > 1:
            return {(judgement.last, "inserted")}, True
        if judgement.whole:
            told = checks.state(case.rows[judgement.proof.homes[judgement.last]].body)
            if told not in ("", digest(rows[0][1:])):
                return {(judgement.last, "edited")}, True
        return set(), True

    def _payloads(self, check: PayloadCheck, case: Case, judgement: Judgement, *, exists: bool) -> Places:
        rows: dict[int, list[checks.Payload]] = {}
        for _, seq, id_, content, nonce, *further in self._snapshot.rows(
            self._statements.payloads(check, case.id)
        ):
            row = digest(further) if check.columns else ""
            rows.setdefault(seq, []).append(checks.Payload(id=id_, content=content, nonce=nonce, row=row))
        if not exists:
            return {(judgement.last, "vanished")} if rows else set()
        bodies = {seq: case.rows[index].body for seq, index in sorted(judgement.proof.homes.items())}
        return set(checks.compare(check, bodies, rows, judgement.last))

    def _latest(
        self, latest: Sequence[LatestCheck], case: Case, judgement: Judgement, *, exists: bool
    ) -> Places:
        """What was done to the rows that the stream's events told, where all of these are there."""
        rows = {
            (check.table, name): digest(columns)
            for check in latest
            if not exists or check.kind == judgement.proof.kind
            for _, name, *columns in self._snapshot.rows(self._statements.latest(check, case.id))
        }
        if not exists:
            return {(judgement.last, "vanished")} if rows else set()
        bodies = {seq: case.rows[index].body for seq, index in sorted(judgement.proof.homes.items())}
        if len(bodies) < judgement.last:
            return set()
        tables = {check.table for check in latest if check.kind == judgement.proof.kind}
        return set(checks.compare_latest(tables, bodies, rows))


def _stored(rows: Sequence[tuple[Any, ...]]) -> list[Stored]:
    return [
        Stored(seq=seq, body=body.encode(), hash=hash_, mac=mac, key=key)
        for seq, body, hash_, mac, key in rows
    ]


def _head(row: tuple[Any, ...]) -> StoredHead:
    kind, seq, hash_, mac, key, sealed = row
    return StoredHead(kind=kind, seq=seq, hash=hash_, mac=mac, key=key, sealed=sealed)
