"""A pack's examples: the worked body shown to submitters, and golden cases which must come out as written."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import msgspec

from bihuan.casetypes import wants
from bihuan.casetypes.check import Checked, call_back_needed, check
from bihuan.casetypes.condition import holds
from bihuan.casetypes.findings import Findings
from bihuan.casetypes.mapping import object_key
from bihuan.casetypes.model import PRIORITIES, STEPS, CaseType, Priority
from bihuan.casetypes.priority import priority_of
from bihuan.casetypes.source import Node, Table, load, plain_value
from bihuan.casetypes.texts import LANGUAGES

_WORKED = ("title", "description", "customer", "priority", "elements", "fields")
_TICKET = (*_WORKED, "evidence", "done")
_EXPECT = ("problems", "missing", "priority", "because", "call_back", "immediate", "object")
#: Worked examples have no `now` of their own: they are true of any later day.
_LATER = datetime(2999, 1, 1, tzinfo=UTC)


class _Golden(msgspec.Struct, frozen=True, kw_only=True):
    """One golden case, run: where its expectations stand, and what came out."""

    expect: Table
    case_type: CaseType
    checks: dict[str, Checked]
    asked: Priority | None
    found: Findings

    def values(self) -> dict[str, object]:
        return self.checks["submit"].values

    def compare(self, what: str, node: Node | None, got: object) -> None:
        if node is not None and plain_value(node) != got:
            self.found.add(node.line, "example", what=what, wanted=_shown(plain_value(node)), got=_shown(got))


def read_worked(folder: Path, found: Findings) -> tuple[str, str]:
    """`examples/worked.zh.yaml` and `worked.en.yaml` as JSON text of the body, without `case_type`."""
    bodies: list[str] = []
    for language in LANGUAGES:
        path = folder / "examples" / f"worked.{language}.yaml"
        here = found.beside(str(path))
        root = wants.table(
            load(path, here), here, path.name, _WORKED, needs=("title", "description", "customer", "fields")
        )
        bodies.append(json.dumps(plain_value(root), ensure_ascii=False, sort_keys=False))
    return bodies[0], bodies[1]


def check_examples(case_type: CaseType, folder: Path, found: Findings) -> None:
    """Runs them all; what does not hold is a finding at its line."""
    for language, body in zip(LANGUAGES, (case_type.worked_zh, case_type.worked_en), strict=True):
        _check_worked(case_type, json.loads(body), found.beside(str(folder / f"worked.{language}.yaml")))
    golden = [path for path in sorted(folder.glob("*.yaml")) if not path.name.startswith("worked.")]
    if not golden:
        found.beside(str(folder)).add(1, "no_example")
    for path in golden:
        _run(case_type, path, found.beside(str(path)))


def _check_worked(case_type: CaseType, body: dict[str, object], found: Findings) -> None:
    fields, elements = _mapping(body.get("fields")), _mapping(body.get("elements"))
    checked = check(case_type, fields, step="submit", now=_LATER, elements=elements, by="customer")
    for problem in checked.problems:
        found.add(1, "example", what=problem.pointer, wanted="✓", got=problem.code)
    for each in checked.missing:
        found.add(1, "example", what=each.pointer, wanted="✓", got="missing")


def _run(case_type: CaseType, path: Path, found: Findings) -> None:
    root = wants.table(
        load(path, found), found, path.name, ("now", "ticket", "expect"), needs=("now", "ticket", "expect")
    )
    ticket = wants.table(root.get("ticket"), found, "ticket", _TICKET, needs=("fields",))
    expect = wants.table(root.get("expect"), found, "expect", _EXPECT)
    now = _now(root.get("now"), found)
    body = _mapping(plain_value(ticket))
    asked = wants.word(ticket.get("priority"), found, "ticket.priority", PRIORITIES)
    checks = {
        step: check(
            case_type,
            _mapping(body.get("fields")),
            step=step,
            now=now,
            elements=_mapping(body.get("elements")),
            evidence=_list(body.get("evidence")),
            done=_list(body.get("done")),
        )
        for step in STEPS
    }
    _expect(_Golden(expect=expect, case_type=case_type, checks=checks, asked=asked, found=found))


def _expect(golden: _Golden) -> None:
    expect, case_type, values = golden.expect, golden.case_type, golden.values()
    submit, priority = golden.checks["submit"], priority_of(case_type, values, golden.asked)
    problems = {problem.pointer: problem.code for problem in submit.problems}
    if (node := expect.get("problems")) is not None or problems:
        golden.compare("problems", node or Table(line=expect.line, pairs=()), problems)
    steps = wants.table(expect.get("missing"), golden.found, "expect.missing", STEPS)
    for pair in steps.pairs:
        if pair.key in golden.checks:
            lacking = sorted(f"{each.kind}/{each.code}" for each in golden.checks[pair.key].missing)
            wanted = sorted(_list(plain_value(pair.node)))
            if wanted != lacking:
                golden.found.add(
                    pair.line,
                    "example",
                    what=f"missing.{pair.key}",
                    wanted=_shown(wanted),
                    got=_shown(lacking),
                )
    golden.compare("priority", expect.get("priority"), priority.priority)
    golden.compare("because", expect.get("because"), priority.reason_key)
    golden.compare("call_back", expect.get("call_back"), call_back_needed(case_type, values))
    golden.compare("object", expect.get("object"), object_key(case_type, values))
    at_once = [action.code for action in case_type.immediate if holds(action.when, values)]
    golden.compare("immediate", expect.get("immediate"), at_once)


def _now(node: Node | None, found: Findings) -> datetime:
    text = wants.text(node, found, "now")
    try:
        now = datetime.fromisoformat(re.sub("Z$", "+00:00", text))
        if now.tzinfo is not None:
            return now
    except ValueError:
        pass
    if node is not None:
        fixes = ["2026-11-21T15:30:00+08:00"]
        found.add_choice(node.line, "want_word", fixes, where="now", name=text)
    return _LATER


def _mapping(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def _list(value: object) -> list[str]:
    return [str(item) for item in cast("list[object]", value)] if isinstance(value, list) else []


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)[:400]
