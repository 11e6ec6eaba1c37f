"""What a customer is told of their ticket's progress, from codes to a text. Pure.

No word of the desk's inside, no name, nothing the customer has not been shown; the address holds no key.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

import msgspec

from bihuan.casetypes import CaseType
from bihuan.channels import portal_words
from bihuan.core import clock
from bihuan.core.problems import Language
from bihuan.notices import words
from bihuan.notices.model import Rendered
from bihuan.notices.words import Both
from bihuan.tickets import OPEN_STATES, State

Data = Mapping[str, Any]


class _Standing(msgspec.Struct, frozen=True, kw_only=True):
    state: State
    waiting_for: str | None


def compose(
    kind: str, data: Data, language: Language, *, case_type: CaseType | None, desk: str, public_url: str
) -> Rendered:
    """The text of one message. `kind` as in `model.Progress`; `desk`: the institution's name."""
    standing = _Standing(state=cast("State", data["state"]), waiting_for=data.get("waiting_for"))
    gaps = {
        "number": str(data["number"]),
        "case": case_type.title.of(language) if case_type else _say(words.NO_CASE, language),
        "state": portal_words.state_text(standing, language),
    }
    title = _say(_TITLES.get(kind, words.TITLE), language, **gaps)
    until = _until(data, standing, language)
    lines = [
        *_news(kind, data, standing, language, gaps),
        *_needed(data, case_type, language),
        *until,
        *([_say(words.ANSWERED_TOO, language)] if data.get("answered") and kind != "answered" else []),
    ]
    link = f"{public_url.rstrip('/')}/portal/progress" if public_url else ""
    short = _joined([f"{title}{'。' if language == 'zh' else '.'}", *until], language)
    return Rendered(
        title=title, body="\n".join([*lines, "", desk]), short=f"{short} {link}".rstrip(), link=link
    )


_TITLES: Mapping[str, Both] = {"answered": words.ANSWERED, "extended": words.EXTENDED}
_BODIES: Mapping[str, Both] = {"answered": words.ANSWERED_BODY, "extended": words.EXTENDED_BODY}


def _news(kind: str, data: Data, standing: _Standing, language: Language, gaps: dict[str, str]) -> list[str]:
    if kind in _BODIES:
        return [_say(_BODIES[kind], language, **gaps)]
    code: str = standing.state
    if portal_words.for_you(standing):
        code = "waiting_for_you"
    elif data.get("unreachable"):
        code = "unreachable"
    return [_say(words.ABOUT, language, **gaps), _say(words.STATES[code], language)]


def _needed(data: Data, case_type: CaseType | None, language: Language) -> list[str]:
    """What only the customer can give, as the case type calls it."""
    labels = [label for code in data.get("missing", ()) if (label := _label(case_type, code, language))]
    if not labels:
        return []
    return [_say(words.NEEDED, language, list=("、" if language == "zh" else ", ").join(labels))]


def _label(case_type: CaseType | None, pointer: str, language: Language) -> str | None:
    if case_type is None:
        return None
    _, where, code = pointer.split("/", 2)
    if where == "fields":
        field = case_type.field(code)
        return field.label.of(language) if field else None
    if where == "elements":
        return next((e.label.of(language) for e in case_type.elements if e.code == code), None)
    return next((e.title.of(language) for e in case_type.evidence if e.code == code), None)


def _until(data: Data, standing: _Standing, language: Language) -> list[str]:
    if not data.get("until") or standing.state not in OPEN_STATES:
        return []
    until = datetime.fromisoformat(data["until"])
    if until < clock.now():
        return [_say(words.LATE, language)]
    return [_say(words.UNTIL, language, until=portal_words.moment(until, language))]


def _joined(parts: list[str], language: Language) -> str:
    return ("" if language == "zh" else " ").join(parts)


def _say(both: Both, language: Language, **gaps: str) -> str:
    return both[0 if language == "zh" else 1].format(**gaps)
