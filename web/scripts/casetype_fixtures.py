# ruff: noqa: INP001 -- a script, not part of a package
"""Makes `tests/casetypes/fixtures/`: the forms of the shipped packs and what the desk itself says of sample answers.

The form engine must say the same. From the project's root, whenever packs or `casetypes/` change:

    .venv/bin/python web/scripts/casetype_fixtures.py && cd web && npx prettier --write tests/casetypes/fixtures
"""

import json
import random
from datetime import datetime
from pathlib import Path

from bihuan import casetypes
from bihuan.casetypes.check import asked_values, check
from bihuan.casetypes.model import STEPS, CaseType, Field

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "web/tests/casetypes/fixtures"
NOW = datetime.fromisoformat("2026-11-21T10:00:00+08:00")
SAMPLES = 25
PLAIN = {
    "date": ["2026-11-18", "2026-10-01"],
    "datetime": ["2026-11-20T15:05:00+08:00"],
    "boolean": [True, False],
    "integer": [1, 9, 10, 11, 200],
    "number": [1.5, 300],
    "card_number": ["6222020200112230"],
    "mobile": ["13800138000"],
    "uscc": ["91110000600037341L"],
    "account": ["6200000000000005"],
    "email": ["name@example.com"],
    "id_number": ["11010519491231002X"],
}
AMOUNTS = ["0.01", "999.99", "10000.00", "49999.99", "50000.00", "50000.01", "200000.00"]


def values_of(field: Field) -> list[object]:
    """Values the field takes."""
    if field.type in ("choice", "choices"):
        codes = [choice.code for choice in field.choices]
        return [*codes] if field.type == "choice" else [codes[:1], codes]
    if field.type == "money":
        return [{"amount": amount, "currency": currency} for amount in AMOUNTS for currency in ("CNY", "USD")]
    return PLAIN.get(field.type, [field.looks_like or "示例文字,足够长的一段说明"])


def sample(case_type: CaseType, dice: random.Random) -> dict[str, object]:
    """Some answers, and what the desk says of them."""
    values = {f.code: dice.choice(values_of(f)) for f in case_type.fields if dice.random() < 0.7}
    elements = {e.code: "2026-11-18" if e.code == "occurred_at" else "按下确认后提示失败,一共两笔"
                for e in case_type.elements if dice.random() < 0.4}  # fmt: skip
    evidence = [item.code for item in case_type.evidence if dice.random() < 0.3]
    asked = asked_values(case_type, values)
    found = {
        step: [
            each.pointer
            for each in check(
                case_type, asked, step=step, now=NOW, elements=elements, evidence=evidence
            ).missing
            if each.kind in ("field", "element", "evidence")
        ]
        for step in STEPS
    }
    return {
        "values": values,
        "elements": elements,
        "evidence": evidence,
        "asked": sorted(asked),
        "missing": found,
    }


def main() -> None:
    """Writes one file a pack."""
    dice = random.Random(20261121)  # noqa: S311 -- the same samples each time
    for reading in casetypes.read_packs(ROOT / "packs"):
        case_type = reading.case_type
        if case_type is None:
            raise SystemExit([problem.text("en") for problem in reading.problems])
        fixture = {
            "customer": casetypes.form_schema(case_type, "zh", by="customer"),
            "staff": casetypes.form_schema(case_type, "en"),
            "samples": [sample(case_type, dice) for _ in range(SAMPLES)],
        }
        (OUT / f"{case_type.code}.json").write_text(json.dumps(fixture, ensure_ascii=False))


if __name__ == "__main__":
    main()
