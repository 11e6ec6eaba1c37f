"""Every mistake an analyst can make is named: file, line, and what to write instead."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from pack_samples import ROOT, broken, line_of, swap

from bihuan.casetypes import read_packs

Change = Callable[[Path], None]
CASE, ZH, EN = "case.yaml", "texts.zh.yaml", "texts.en.yaml"

#: name → (file, written there, instead of it, file blamed, text of its line, in the message, in the fix)
BROKEN: dict[str, tuple[str, str, str, str, str, str, str]] = {
    "unknown key": (CASE, "kind: request", "knid: request", CASE, "knid", "no key 'knid'", "write kind"),
    "missing key": (
        CASE,
        "department: CARD_OPS\n",
        "",
        CASE,
        "code:",
        "lacks 'department'",
        "add department:",
    ),
    "unknown kind": (CASE, "kind: request", "kind: requst", CASE, "requst", "'requst'", "write request"),
    "unknown department": (
        CASE,
        "department: CARD_OPS",
        "department: CARD_OP",
        CASE,
        "CARD_OP\n",
        "'CARD_OP'",
        "write CARD_OPS",
    ),
    "unknown category": (CASE, "[CRD-01,", "[CRD-91,", CASE, "CRD-91", "'CRD-91'", "write CRD-0"),
    "unknown type": (
        CASE,
        "type: person_name",
        "type: person_nam",
        CASE,
        "person_nam\n",
        "'person_nam'",
        "write person_name",
    ),
    "unknown step": (
        CASE,
        "required_for: [archive]",
        "required_for: [archived]",
        CASE,
        "archived",
        "'archived'",
        "write archive",
    ),
    "unknown evidence": (CASE, "  loss_log:", "  los_log:", CASE, "los_log", "'los_log'", "write loss_log"),
    "unknown field in a condition": (
        CASE,
        "{field: lock_reason, is: risk_control}}",
        "{field: lock_reson, is: risk_control}}",
        CASE,
        "lock_reson",
        "'lock_reson'",
        "write lock_reason",
    ),
    "unknown choice in a condition": (
        CASE,
        "{field: request, is: swallowed}",
        "{field: request, is: swalowed}",
        CASE,
        "swalowed",
        "'swalowed' is not a value of the field request",
        "write swallowed",
    ),
    "comparison that does not fit": (
        CASE,
        "{field: request, is: swallowed}",
        "{field: request, gt: swallowed}",
        CASE,
        "gt: swallowed",
        "type choice cannot be compared by gt",
        "one of: is, in, present",
    ),
    "rule over a protected value": (
        CASE,
        "{field: suspicious_transactions, is: true}, priority",
        "{field: card_number, is: '1'}, priority",
        CASE,
        "field: card_number, is",
        "type card_number cannot be compared by is",
        "present",
    ),
    "condition without a shape": (
        CASE,
        "{field: request, is: swallowed}",
        "{field: request}",
        CASE,
        "swallowed: {field: request}",
        "a condition is one of",
        "for example",
    ),
    "money without its currency": (
        CASE,
        "{field: suspicious_transactions, is: true}, priority",
        "{field: suspicious_amount, gte: 100}, priority",
        CASE,
        "gte: 100",
        "'100' is not a value of the field suspicious_amount",
        "10000 CNY",
    ),
    "circular conditions": (
        CASE,
        "when: {field: request, in: [loss, stolen]}\n    required_for: [submit]\n  last_used_where",
        "when: {field: last_used_on, present: true}\n    required_for: [submit]\n  last_used_where",
        CASE,
        "  last_used_on:",
        "depend on one another: last_used_on",
        "remove one",
    ),
    "frozen funds not urgent": (
        CASE,
        "is: true}, priority: urgent, reason: frozen_funds",
        "is: true}, priority: normal, reason: frozen_funds",
        CASE,
        "reason: frozen_funds",
        "frozen funds must be urgent",
        "funds_frozen, is: true}, priority: urgent",
    ),
    "staff field at submit": (
        CASE,
        "finding: {type: long_text, by: staff, required_for: [resolve]}",
        "finding: {type: long_text, by: staff, required_for: [submit]}",
        CASE,
        "finding:",
        "'finding', filled by staff",
        "[accept]",
    ),
    "authentication data": (
        CASE,
        "  funds_frozen: {type: boolean}",
        "  funds_frozen: {type: boolean}\n  cvv2: {type: text}",
        CASE,
        "cvv2",
        "'cvv2' must not be asked for",
        "remove the field",
    ),
    "key of another type": (
        CASE,
        "atm_place:\n    type: text\n",
        "atm_place:\n    type: text\n    min: 3\n",
        CASE,
        "min: 3",
        "type text cannot have 'min'",
        "remove min",
    ),
    "choice without choices": (
        CASE,
        "    choices: [loss, stolen, swallowed, lock, unlock, cancel_loss]\n",
        "",
        CASE,
        "  request:",
        "needs choices",
        "choices: [a, b]",
    ),
    "dangerous pattern": (
        CASE,
        "atm_no:\n    type: reference\n",
        "atm_no:\n    type: reference\n    pattern: '(a+)+'\n    looks_like: a\n",
        CASE,
        "(a+)+",
        "a pattern is made of",
        "MCH[0-9]",
    ),
    "pattern and example apart": (
        CASE,
        "atm_no:\n    type: reference\n",
        "atm_no:\n    type: reference\n    pattern: '[0-9]{4}'\n    looks_like: abcd\n",
        CASE,
        "abcd",
        "'abcd' in looks_like",
        "change the example",
    ),
    "condition too deep": (
        CASE,
        "{field: request, is: swallowed}",
        "{not: {not: {not: {not: {not: {field: request, is: lock}}}}}}",
        CASE,
        "{not: {not",
        "too large: at most 4 levels",
        "split it",
    ),
    "empty condition": (
        CASE,
        "{field: request, is: swallowed}",
        "{all: []}",
        CASE,
        "{all: []}",
        "a condition is one of",
        "for example",
    ),
    "bad code": (CASE, "  atm_no:", "  ATM-No:", CASE, "ATM-No", "'ATM-No' cannot be a code", "lower-case"),
    "duration in days": (
        CASE,
        "first_response: 15m",
        "first_response: 1d",
        CASE,
        "1d",
        "must be a duration",
        "PT2H",
    ),
    "first response after resolution": (
        CASE,
        "first_response: 15m",
        "first_response: 30h",
        CASE,
        "30h",
        "first_response is larger than resolution",
        "exchange",
    ),
    "duplicate key": (
        CASE,
        "kind: request\n",
        "kind: request\nkind: dispute\n",
        CASE,
        "kind: dispute",
        "'kind' is given twice",
        "remove one",
    ),
    "anchor": (
        CASE,
        "skills: [card_service]",
        "skills: &a [card_service]",
        CASE,
        "&a",
        "anchors, aliases and tags",
        "write the content out",
    ),
    "tag": (
        CASE,
        "skills: [card_service]",
        "skills: !!python/object:os.system [card_service]",
        CASE,
        "!!python",
        "anchors, aliases and tags",
        "quote",
    ),
    "broken YAML": (
        CASE,
        "skills: [card_service]",
        "skills: [card_service",
        CASE,
        "skills: [card_service",
        "not valid YAML",
        "indentation",
    ),
    "code is not the folder": (
        CASE,
        "code: lost_card",
        "code: lostcard",
        CASE,
        "lostcard",
        "must be the folder's name",
        "write code: lost_card",
    ),
    "text missing in zh": (
        ZH,
        "  atm_no:\n    label: ATM 编号\n",
        "  atm_no:\n",
        ZH,
        "  atm_no:",
        "zh texts lack fields.atm_no.label",
        "add fields.atm_no.label",
    ),
    "text missing in en": (
        EN,
        "      stolen: Card stolen, report it\n",
        "",
        EN,
        "    choices:",
        "en texts lack fields.request.choices.stolen",
        "add fields.request.choices.stolen",
    ),
    "help in one language only": (
        EN,
        "    help: Branch or address.\n",
        "",
        EN,
        "  atm_place:",
        "en texts lack fields.atm_place.help",
        "add fields",
    ),
    "text too many": (
        EN,
        "  freeze: Freeze\n",
        "  freeze: Freeze\n  freze: Freeze\n",
        EN,
        "freze",
        "nothing the text stages.freze belongs to",
        "remove stages.freze",
    ),
    "text misspelt": (
        EN,
        "    label: Receiver's mobile",
        "    lable: Receiver's mobile",
        EN,
        "lable",
        "nothing the text fields.receiver_mobile.lable",
        "write fields.receiver_mobile.label",
    ),
    "unknown placeholder": (
        "templates/frozen.en.md",
        "{{agent.name}}",
        "{{agent.nam}}",
        "templates/frozen.en.md",
        "agent.nam}",
        "no placeholder agent.nam",
        "write agent.name",
    ),
    "placeholders differ": (
        "templates/frozen.en.md",
        "{{desk.hotline}}",
        "hotline",
        "templates/frozen.en.md",
        "Dear",
        "differ: desk.hotline",
        "same placeholders",
    ),
    "example that does not hold": (
        "examples/unlock.yaml",
        "priority: normal",
        "priority: low",
        "examples/unlock.yaml",
        "priority: low",
        'priority should be "low" but is "normal"',
        "change the example",
    ),
    "worked example that does not pass": (
        "examples/worked.zh.yaml",
        "  request: loss",
        "  request: lost",
        "examples/worked.zh.yaml",
        "#",
        "/fields/request",
        "change the example",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_mistake_is_named_with_file_line_and_fix(name: str, tmp_path: Path) -> None:
    file, old, new, blamed, at, message, suggestion = BROKEN[name]
    folder, reading = broken(tmp_path, "lost_card", swap(file, old, new))
    line = line_of(folder / blamed, at.rstrip("\n"))
    said = [
        problem
        for problem in reading.problems
        if problem.file == str(folder / blamed) and problem.line == line and message in problem.message_en
    ]
    assert reading.case_type is None
    assert said, [problem.text("en") for problem in reading.problems]
    assert suggestion in said[0].suggestion_en
    assert said[0].message_zh and said[0].suggestion_zh


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    def change(folder: Path) -> None:
        swap(CASE, "kind: request", "kind: requst")(folder)
        swap(CASE, "department: CARD_OPS", "department: NOBODY")(folder)
        swap(EN, "title: Lost card and unlock\n", "")(folder)

    _, reading = broken(tmp_path, "lost_card", change)
    assert len(reading.problems) == 3


def _write(name: str, content: bytes) -> Change:
    def change(folder: Path) -> None:
        (folder / name).write_bytes(content)

    return change


def _remove(name: str) -> Change:
    return lambda folder: (folder / name).unlink()


@pytest.mark.parametrize("name", [CASE, ZH, EN, "templates/frozen.en.md", "examples/worked.en.yaml"])
def test_a_missing_file_is_named(name: str, tmp_path: Path) -> None:
    folder, reading = broken(tmp_path, "lost_card", _remove(name))
    assert f"{folder / name}:1: the file {Path(name).name} is missing — create {Path(name).name}" in [
        problem.text("en") for problem in reading.problems
    ]


def test_a_python_file_does_not_belong_in_a_pack(tmp_path: Path) -> None:
    _, reading = broken(tmp_path, "general", _write("rules.py", b"print()"))
    assert [problem.message_en for problem in reading.problems] == ["rules.py does not belong in a pack"]


def test_a_binary_file_is_refused_not_raised(tmp_path: Path) -> None:
    _, reading = broken(tmp_path, "general", _write(CASE, b"\xff\xfe\x00"))
    assert reading.problems[0].message_en.startswith("the file is not UTF-8 text")


def test_a_bomb_of_nesting_is_refused_not_raised(tmp_path: Path) -> None:
    _, reading = broken(tmp_path, "general", _write(CASE, b"a: " + b"[" * 50_000))
    assert [problem.message_en for problem in reading.problems] == ["nested deeper than 12 levels"]


def test_two_packs_of_one_code_and_a_wrong_same_as_are_named(tmp_path: Path) -> None:
    folder, _ = broken(
        tmp_path, "general", swap(CASE, "disputed_bill.transaction_ref", "disputed_bil.transaction_ref")
    )
    readings = read_packs(folder.parent.parent)
    said = [problem.text("en") for reading in readings for problem in reading.problems]
    line = line_of(folder / CASE, "related_no:")
    assert any(
        text.startswith(f"{folder / CASE}:{line}: disputed_bil.transaction_ref in same_as") for text in said
    )


def test_one_broken_pack_does_not_blame_those_that_name_it(tmp_path: Path) -> None:
    folder, _ = broken(tmp_path, "disputed_bill", swap(CASE, "kind: dispute", "kind: disput"))
    shutil.copytree(ROOT / "general" / "general", folder.parents[1] / "general" / "general")
    shutil.copytree(ROOT / "payment" / "settlement_delay", folder.parents[1] / "payment" / "settlement_delay")
    readings = {Path(reading.folder).name: reading for reading in read_packs(folder.parents[1])}
    assert len(readings["disputed_bill"].problems) == 1
    assert readings["general"].problems == ()


def test_a_folder_without_a_case_is_named(tmp_path: Path) -> None:
    folder, _ = broken(tmp_path, "general", _remove(CASE))
    problems = [
        problem.message_en for reading in read_packs(folder.parents[1]) for problem in reading.problems
    ]
    assert problems == ["the file case.yaml is missing"]
