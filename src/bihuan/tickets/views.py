"""Saved views: filters under a name, one's own or shared."""

from typing import Any, cast, get_args
from uuid import UUID

import msgspec

from bihuan import evidence, privacy
from bihuan.core import clock, filters, ids
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.problems import FieldProblem, Invalid, NotFound
from bihuan.tickets.model import SaveView
from bihuan.tickets.reads import FILTERS, Sort
from bihuan.tickets.visible import queries


class SavedView(msgspec.Struct, frozen=True, kw_only=True):
    """A saved view."""

    id: UUID
    staff_id: UUID
    name: str
    filter: dict[str, Any]
    sort: str
    shared: bool


class _Id(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID


async def save_view(work: Work, actor: Actor, command: SaveView) -> SavedView:
    """Save a filter under a name of one's own; the same name again changes it. Raises Invalid, NotAllowed."""
    if command.shared:
        actor.must("view.share")
    filters.parse(msgspec.json.encode(command.filter) if command.filter else b"", FILTERS)
    if command.sort not in get_args(Sort):
        choices = ", ".join(get_args(Sort))
        raise Invalid(fields=[FieldProblem(pointer="/sort", code="choice", params={"choices": choices})])
    if any(privacy.mask_text(text).text != text for text in _texts(command.filter)):
        raise Invalid(fields=[FieldProblem(pointer="/filter", code="personal_data")])
    return await work.must(
        queries.put_view,
        SavedView,
        id=ids.new_id(),
        staff_id=actor.id,
        name=privacy.mask_text(command.name).text,
        filter=evidence.canonical(command.filter),
        sort=command.sort,
        shared=command.shared,
        created_at=clock.now(),
    )


def _texts(node: object) -> list[str]:
    """The texts of a filter but for ids: a card or phone number is searched by, never kept."""
    if isinstance(node, dict):
        return [t for v in cast("dict[str, object]", node).values() for t in _texts(v)]
    if isinstance(node, list):
        return [t for v in cast("list[object]", node) for t in _texts(v)]
    return [node] if isinstance(node, str) and not _is_id(node) else []


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


async def my_views(work: Work, actor: Actor) -> list[SavedView]:
    """One's own views and the shared ones."""
    return await work.rows(queries.views, SavedView, staff_id=actor.id)


async def drop_view(work: Work, actor: Actor, view_id: UUID) -> None:
    """Drop one's own view. Raises NotFound."""
    if await work.one(queries.drop_view, _Id, staff_id=actor.id, id=view_id) is None:
        raise NotFound
