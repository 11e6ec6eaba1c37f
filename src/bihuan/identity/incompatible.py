"""Incompatible roles: administration, operation and audit are never one person's (`incompatible.yaml`).

Checked within the transaction of every grant: rights, a role's permissions, a deputy, a token's scope. Whoever grants
holds the tenant's row first (`actions.grants_change`), so that two grants which fit alone cannot meet in one person.
"""

from collections.abc import Collection, Iterable, Mapping
from functools import cache
from pathlib import Path
from uuid import UUID

import msgspec
import yaml

from bihuan.core import clock
from bihuan.core.db import Work
from bihuan.core.problems import Language, Problem
from bihuan.identity.sign_in import queries


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Roles and permissions of one side. `prefix.*` is every permission of that prefix but for those in `but`."""

    code: str
    zh: str
    en: str
    roles: frozenset[str]
    permissions: tuple[str, ...]
    but: frozenset[str] = frozenset()

    def has(self, roles: Collection[str], permissions: Iterable[str]) -> str | None:
        """A role or permission by which somebody belongs to it; None: they do not."""
        role = next((code for code in sorted(roles) if code in self.roles), None)
        return role or next((code for code in sorted(permissions) if self._holds(code)), None)

    def _holds(self, code: str) -> bool:
        named = any(code == p or (p.endswith("*") and code.startswith(p[:-1])) for p in self.permissions)
        return named and code not in self.but


class IncompatibleRoles(Problem):
    """Nobody holds both {one} and {other}{who}."""

    status = 409
    zh = "{one}与{other}不得由同一人兼任{who}。"

    def __init__(self, one: tuple[Group, str], other: tuple[Group, str], who: str = "") -> None:
        self.groups = (one, other)
        self.who = who
        super().__init__()

    def text(self, language: Language) -> str:
        """Both groups by name, each with the role or permission by which somebody is in it."""
        brackets = "{}（{}）" if language == "zh" else "{} ({})"
        told = [brackets.format(g.zh if language == "zh" else g.en, by) for g, by in self.groups]
        template = self.zh if language == "zh" else (type(self).__doc__ or "")
        return template.format(
            one=told[0], other=told[1], who=brackets.format("", self.who) if self.who else ""
        )

    @property
    def extra(self) -> dict[str, object]:
        """The two groups, and what puts somebody into each."""
        return {"groups": [{"code": g.code, "by": by} for g, by in self.groups], "login": self.who or None}


class Grants(msgspec.Struct, frozen=True, kw_only=True):
    """What an active person holds, and for whom they stand in now or later."""

    id: UUID
    login: str
    roles: list[str]
    permissions: list[str]
    stands_for: list[UUID]


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who holds two groups."""

    id: UUID
    login: str
    problem: IncompatibleRoles


@cache
def groups() -> tuple[Group, ...]:
    """The groups, as shipped."""
    raw = yaml.safe_load((Path(__file__).parent / "incompatible.yaml").read_text(encoding="utf-8"))
    return msgspec.convert(raw, tuple[Group, ...])


def found_in(roles: Collection[str], permissions: Collection[str]) -> list[tuple[Group, str]]:
    """The groups that these roles and permissions belong to, each with one that says so."""
    belongs = ((group, group.has(roles, permissions)) for group in groups())
    return [(group, by) for group, by in belongs if by is not None]


def refuse(roles: Collection[str], permissions: Collection[str], *, who: str = "") -> None:
    """Raises IncompatibleRoles where they are of two groups."""
    found = found_in(roles, permissions)
    if len(found) > 1:
        raise IncompatibleRoles(found[0], found[1], who)


def mixed(everybody: Iterable[Grants]) -> list[Violation]:
    """Who holds two groups, by themselves or with those for whom they stand in. Pure."""
    by_id = {one.id: one for one in everybody}
    found: list[Violation] = []
    for one in by_id.values():
        held = [one, *(by_id[id_] for id_ in one.stands_for if id_ in by_id)]
        try:
            refuse(
                {r for g in held for r in g.roles}, {p for g in held for p in g.permissions}, who=one.login
            )
        except IncompatibleRoles as problem:
            found.append(Violation(id=one.id, login=one.login, problem=problem))
    return found


async def violations(work: Work) -> list[Violation]:
    """Everybody of the tenant who holds two groups, by login."""
    return mixed(await work.rows(queries.grants, Grants, now=clock.now()))


async def check(work: Work, affected: Mapping[str, object]) -> None:
    """After a change in this transaction: nobody it touches holds two groups. Raises IncompatibleRoles.

    `affected`: `staff` (an id) or `role` (a code); whoever stands in for them is touched too. What was wrong elsewhere
    before refuses nobody.
    """
    everybody = await work.rows(queries.grants, Grants, now=clock.now())
    touched = {g.id for g in everybody if g.id == affected.get("staff") or affected.get("role") in g.roles}
    touched |= {g.id for g in everybody if touched & set(g.stands_for)}
    for found in mixed(everybody):
        if found.id in touched:
            raise found.problem
