"""The contract of a pack. A new folder under packs/ is found here by itself."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import jsonschema
import msgspec
import pytest
from pack_samples import FOLDERS, NOW, ROOT, TYPES

from bihuan.casetypes import (
    CaseType,
    Text,
    check,
    example,
    form_schema,
    map_values,
    object_key,
    priority_of,
    read_pack,
    read_packs,
    render,
)

ids = [folder.name for folder in FOLDERS]
each_type = pytest.mark.parametrize(
    "case_type", [pytest.param(case_type, id=code) for code, case_type in TYPES.items()]
)


def test_the_packs_of_the_mission_are_there() -> None:
    assert {"disputed_bill", "settlement_delay", "lost_card", "general"} <= set(ids)


@pytest.mark.parametrize("folder", FOLDERS, ids=ids)
def test_pack_reads_without_problems_and_its_golden_examples_hold(folder: Path) -> None:
    reading = read_pack(folder)
    assert [problem.text("en") for problem in reading.problems] == []
    golden = [path for path in (folder / "examples").glob("*.yaml") if not path.name.startswith("worked.")]
    assert len(golden) >= 3


def test_all_packs_read_together() -> None:
    readings = read_packs(ROOT)
    assert [reading.folder for reading in readings if reading.problems] == []
    assert len({reading.case_type.code for reading in readings if reading.case_type}) == len(FOLDERS)


@each_type
def test_every_text_is_there_in_both_languages(case_type: CaseType) -> None:
    texts = list(_texts(case_type))
    assert len(texts) > 40
    assert [text for text in texts if not text.zh or not text.en] == []
    chinese = [text.zh for text in texts if any("一" <= char <= "鿿" for char in text.zh)]
    assert len(chinese) >= len(texts) - 10, "some names (Visa, JCB) are the same in Chinese, most are not"
    assert [text.en for text in texts if any("一" <= char <= "鿿" for char in text.en)] == []


@each_type
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_worked_example_passes_submit_and_its_own_schema(case_type: CaseType, language: str) -> None:
    spoken = "zh" if language == "zh" else "en"
    body = example(case_type, spoken)
    assert body["case_type"] == case_type.code
    fields, elements = as_dict(body["fields"]), as_dict(body.get("elements", {}))
    checked = check(case_type, fields, step="submit", now=NOW, elements=elements, by="customer")
    assert (checked.problems, checked.missing) == ([], ())
    assert schema_errors(form_schema(case_type, spoken, by="customer"), fields) == []


@each_type
def test_json_holds_the_whole_case_type(case_type: CaseType) -> None:
    again = CaseType.from_json(case_type.to_json())
    assert again == case_type
    assert (again.digest, hash(again)) == (case_type.digest, hash(case_type))
    assert json.dumps(form_schema(again, "zh")) == json.dumps(form_schema(case_type, "zh"))


@each_type
def test_frozen_funds_are_urgent_whatever_was_asked(case_type: CaseType) -> None:
    for asked in (None, "low", "normal"):
        decision = priority_of(case_type, {"funds_frozen": True}, asked)
        assert (decision.priority, decision.rule_index, decision.reason_key) == ("urgent", 0, "frozen_funds")


@each_type
def test_templates_render_with_nothing_left_over(case_type: CaseType) -> None:
    assert case_type.templates
    for template in case_type.templates:
        values = {name: f"<{name}>" for name in template.placeholders}
        for language in ("zh", "en"):
            rendered = render(template, language, values)
            assert "{{" not in rendered
            assert all(value in rendered for value in values.values())


@each_type
def test_templates_and_texts_promise_no_result(case_type: CaseType) -> None:
    banned = ("保证", "一定", "百分百", "肯定", "guarantee", "100%")
    said = [text for text in _texts(case_type) if any(word in text.zh or word in text.en for word in banned)]
    assert said == []


@each_type
def test_staff_fields_are_hidden_from_and_refused_to_customers(case_type: CaseType) -> None:
    staff = {field.code for field in case_type.fields if field.by == "staff"}
    assert staff
    schema = as_dict(form_schema(case_type, "en", by="customer")["fields"])
    assert not staff & set(as_dict(schema["properties"]))
    checked = check(case_type, dict.fromkeys(staff, "x"), step=None, now=NOW, by="customer")
    assert {(problem.pointer, problem.code) for problem in checked.problems} == {
        (f"/fields/{code}", "unknown") for code in staff
    }


def test_the_same_transaction_is_the_same_object_however_it_is_written() -> None:
    disputed = TYPES["disputed_bill"]
    one = {
        "card_number": "6222 0202 0011 2230",
        "transaction_on": "2026-11-18",
        "amount": {"amount": "28.5", "currency": "CNY"},
    }
    two = {
        "card_number": "６２２２０２０２００１１２２３０",
        "transaction_on": "2026-11-18",
        "amount": {"amount": "28.50", "currency": "CNY"},
    }
    assert object_key(disputed, one) == object_key(disputed, two) is not None
    assert object_key(disputed, {**one, "transaction_on": "2026-11-19"}) != object_key(disputed, one)
    assert object_key(disputed, {"transaction_ref": "rrn 12"}) == "transaction_ref=rrn12"
    assert object_key(disputed, {"card_number": "6222020200112230"}) is None


def test_the_schema_asks_what_the_check_asks() -> None:
    disputed = TYPES["disputed_bill"]
    form = form_schema(disputed, "en")
    full = as_dict(example(disputed)["fields"])
    for code in ("reason", "card_number", "other_transaction_on"):
        rest = {key: value for key, value in full.items() if key != code}
        assert [
            each.code
            for each in check(disputed, rest, step="submit", now=NOW).missing
            if each.kind == "field"
        ][:1] == [code]
        assert f"'{code}' is a required property" in schema_errors(form, rest)


def test_the_deciding_answer_being_wrong_hides_no_value() -> None:
    checked = check(
        TYPES["disputed_bill"],
        {"reason": "dupl", "other_transaction_on": "2026-11-18"},
        step="submit",
        now=NOW,
    )
    assert [(problem.pointer, problem.code) for problem in checked.problems] == [("/fields/reason", "choice")]
    assert checked.values == {"other_transaction_on": "2026-11-18"}


def test_reclassifying_carries_what_means_the_same_and_lists_the_rest() -> None:
    general, disputed = TYPES["general"], TYPES["disputed_bill"]
    values: dict[str, object] = {
        "topic": "payment_problem",
        "related_no": "RRN 1",
        "amount": {"amount": "28.50", "currency": "CNY"},
        "funds_frozen": True,
    }
    mapped = map_values(general, disputed, values)
    assert mapped.values == {"transaction_ref": "RRN 1", "amount": values["amount"], "funds_frozen": True}
    assert mapped.dropped == {"topic": "payment_problem"}
    assert {"reason", "card_number"} <= {each.code for each in mapped.missing}


def schema_errors(form: dict[str, object], fields: dict[str, object]) -> list[str]:
    """What the form's own schema, itself valid, says against these fields."""
    schema: Any = form["fields"]
    instance: Any = fields
    jsonschema.Draft202012Validator.check_schema(schema)
    validator: Any = jsonschema.Draft202012Validator(schema)
    return [str(error.message) for error in validator.iter_errors(instance)]


def as_dict(value: object) -> dict[str, object]:
    assert isinstance(value, dict)
    return cast("dict[str, object]", value)


def _texts(value: object) -> Iterator[Text]:
    if isinstance(value, Text):
        yield value
    elif isinstance(value, tuple):
        for item in cast("tuple[object, ...]", value):
            yield from _texts(item)
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _texts(getattr(value, name))
