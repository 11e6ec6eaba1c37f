"""Case types in the database: loaded from packs, versioned, remembered per process.

A version never changes, so it is remembered for ever; which one is current is asked again after five seconds, or at
once when another process says that packs were loaded.
"""

from collections.abc import Mapping, Sequence
from typing import Literal
from uuid import UUID

import msgspec

from bihuan import evidence
from bihuan.casetypes.model import CaseType
from bihuan.core import clock, db
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.permissions import declare
from bihuan.core.problems import FieldProblem, Invalid

queries = db.load(__file__)

CASE_TYPE_READ = declare("case_type.read", zh="查看业务类型", en="See case types")
#: The case type of what has none, or one that is not loaded; people are offered it last.
FALLBACK = "general"
CASE_TYPE_LOAD = declare("case_type.load", zh="加载业务包", en="Load packs")

Layer = Literal["shipped", "own"]
_FRESH_SECONDS = 5.0


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """A case type in one of its versions."""

    case_type: CaseType
    version: int
    layer: Layer
    digest: str


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What loading did, or would do, to one code."""

    code: str
    change: Literal["added", "changed", "unchanged"]
    version: int


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    version: int
    layer: Layer
    digest: str
    body: str


_versions: dict[tuple[UUID, str, int], Loaded] = {}
_current: dict[UUID, tuple[float, dict[str, Loaded]]] = {}


async def current(work: Work) -> dict[str, Loaded]:
    """The case types new tickets get, by code."""
    remembered = _current.get(work.tenant_id)
    if remembered is not None and clock.perf() - remembered[0] < _FRESH_SECONDS:
        return remembered[1]
    rows = await work.rows(queries.current, _Row)
    found = {row.code: _loaded(work.tenant_id, row) for row in rows}
    _current[work.tenant_id] = (clock.perf(), found)
    return found


def in_order(loaded: Mapping[str, Loaded]) -> list[tuple[str, Loaded]]:
    """As people are offered them: by code, and last the one for whatever fits no other."""
    return sorted(loaded.items(), key=lambda one: (one[0] == FALLBACK, one[0]))


async def find(work: Work, code: str, *, pointer: str = "/case_type") -> Loaded:
    """The current version of a code. Raises Invalid naming the codes there are."""
    known = await current(work)
    if code not in known:
        raise Invalid(
            fields=[
                FieldProblem(pointer=pointer, code="choice", params={"choices": ", ".join(sorted(known))})
            ]
        )
    return known[code]


async def version(work: Work, code: str, number: int) -> Loaded:
    """The version a ticket keeps."""
    at = (work.tenant_id, code, number)
    if at not in _versions:
        row = await work.must(queries.version, _Row, code=code, version=number)
        return _loaded(work.tenant_id, row)
    return _versions[at]


async def diff(work: Work, packs: Sequence[CaseType], layer: Layer) -> list[Change]:
    """What `load` would do."""
    before = {row.code: row for row in await work.rows(queries.layer_current, _Row, layer=layer)}
    return [_change(pack, before.get(pack.code)) for pack in packs]


async def load(work: Work, actor: Actor, packs: Sequence[CaseType], layer: Layer) -> list[Change]:
    """Load packs into a layer: a pack that changed gets a new version; nothing already opened moves."""
    changes = await diff(work, packs, layer)
    for pack, change in zip(packs, changes, strict=True):
        if change.change == "unchanged":
            continue
        number = await work.scalar(queries.next_version, code=pack.code)
        await work.run(queries.no_longer_current, code=pack.code, layer=layer)
        await work.run(
            queries.add,
            code=pack.code,
            version=number,
            layer=layer,
            digest=pack.digest,
            body=pack.to_json(),
            loaded_at=clock.now(),
        )
        data: dict[str, object] = {
            "code": pack.code,
            "version": number,
            "layer": layer,
            "digest": pack.digest,
        }
        event = evidence.NewEvent(kind="case_type.loaded", at=clock.now(), actor=actor, data=data)
        await evidence.record(work, work.ring, evidence.Stream(kind="config", id=work.tenant_id), event)
    work.after_commit(lambda: forget(str(work.tenant_id)))
    if any(change.change != "unchanged" for change in changes):
        work.touch(f"case_types:{work.tenant_id}")
    return changes


async def loadings(work: Work) -> int:
    """Grows with every pack that is loaded anew."""
    return int(await work.scalar(queries.loadings))


def forget(_tenant: str) -> None:
    """Ask anew which versions are current."""
    _current.clear()


def _change(pack: CaseType, before: _Row | None) -> Change:
    if before is None:
        return Change(code=pack.code, change="added", version=1)
    same = before.digest == pack.digest
    return Change(
        code=pack.code, change="unchanged" if same else "changed", version=before.version + (not same)
    )


def _loaded(tenant_id: UUID, row: _Row) -> Loaded:
    at = (tenant_id, row.code, row.version)
    if at not in _versions:
        _versions[at] = Loaded(
            case_type=CaseType.from_json(row.body), version=row.version, layer=row.layer, digest=row.digest
        )
    return _versions[at]
