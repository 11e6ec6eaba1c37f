"""What notices say, in both languages: made from codes when they are read or sent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from bihuan import identity, sla, tickets
from bihuan.casetypes import CaseType, store
from bihuan.channels import portal_words
from bihuan.core.db import Work
from bihuan.core.problems import Language
from bihuan.notices import progress, words
from bihuan.notices.model import Rendered
from bihuan.notices.words import Both
from bihuan.tickets import State

__all__ = ["Rendered", "render"]

Data = Mapping[str, Any]


async def render(work: Work, kind: str, data: Data, language: Language, *, public_url: str = "") -> Rendered:
    """The text of a notice or a delivery; `public_url` as set."""
    case_type = await _case_type(work, data)
    if kind in words.STAFF:
        return await _for_colleague(work, kind, data, language, case_type=case_type, public_url=public_url)
    desk = (await identity.own_tenant(work)).name
    return progress.compose(kind, data, language, case_type=case_type, desk=desk, public_url=public_url)


async def _case_type(work: Work, data: Data) -> CaseType | None:
    if "case_type" not in data:
        return None
    return (await store.version(work, str(data["case_type"]), int(data["case_version"]))).case_type


# ---------------------------------------------------------------------------------------------------------- colleagues
async def _for_colleague(
    work: Work, kind: str, data: Data, language: Language, *, case_type: CaseType | None, public_url: str
) -> Rendered:
    template = words.STAFF[kind]
    if data.get("gathered"):
        count = data.get("count")
        title = _say(template.many, language, tickets=words.more(count, language), count=str(count or 1))
        # What is about no ticket says what is to be done.
        body = _say(words.READ_ON if "{tickets}" in template.many[0] else template.body, language)
        link = f"{public_url.rstrip('/')}/console/" if public_url else ""
    else:
        gaps = await _gaps(work, data, language, case_type)
        title, body = _say(template.title, language, **gaps), _say(template.body, language, **gaps)
        link = f"{public_url.rstrip('/')}/console/tickets/{data.get('number', '')}" if public_url else ""
    return Rendered(title=_capital(title), body=body, short=_capital(title), link=link)


async def _gaps(work: Work, data: Data, language: Language, case_type: CaseType | None) -> dict[str, str]:
    people = await identity.directory(work)
    actor = str(data.get("actor", ""))
    person = people.staff.get(UUID(actor)) if actor not in words.ACTORS else None
    named = _say(words.ACTORS.get(actor, words.ACTORS[""]), language)
    team = _team(people, str(data.get("team") or ""))
    due = data.get("due_at")
    return {
        "number": str(data.get("number", "")),
        "other": str(data.get("other", "")),
        "case": case_type.title.of(language) if case_type else _say(words.NO_CASE, language),
        "actor": person.name if person else named,
        "team": (team.name_zh if language == "zh" else team.name_en)
        if team
        else _say(words.NO_TEAM, language),
        "clock": await _clock(work, data, language, case_type),
        "due": portal_words.moment(datetime.fromisoformat(due), language) if due else "",
        "state": tickets.state_text(cast("State", data["state"]), language) if data.get("state") else "",
        "rule": _say(tickets.LOOK_RULES[data["rule"]], language) if data.get("rule") else "",
    }


def _team(people: identity.Directory, code: str) -> identity.Team | None:
    return next((t for t in people.teams.values() if code in (t.code, str(t.id))), None)


async def _clock(work: Work, data: Data, language: Language, case_type: CaseType | None) -> str:
    """A clock by its title in the version of the policy it goes by."""
    kind = data.get("clock")
    if not kind or case_type is None:
        return _say(words.NO_CLOCK, language)
    # Titles need no limits.
    nothing = sla.Targets(first_response=0, resolution=0)
    plan = (await sla.book(work)).pinned(
        str(data.get("policy", "")), int(data.get("policy_version", 0)), nothing
    )
    return plan.rule(str(kind)).title.of(language)


def _say(both: Both, language: Language, **gaps: str) -> str:
    return both[0 if language == "zh" else 1].format(**gaps)


def _capital(line: str) -> str:
    """A line that begins with `the desk`, as a line begins."""
    return line[:1].upper() + line[1:]
