"""The levels of verification a pack asks for: one number, or by disclosing, changing and resolving."""

from pathlib import Path

import pytest
from tests.conftest import ROOT, packs

from bihuan.casetypes import CaseType, level_to_change, level_to_resolve, read_pack

_LOST = ROOT / "packs" / "card" / "lost_card"


def _read(tmp_path: Path, written: str) -> tuple[CaseType | None, list[str]]:
    """The lost card's pack with its levels written anew."""
    folder = tmp_path / "lost_card"
    for file in _LOST.rglob("*"):
        if file.is_file():
            target = folder / file.relative_to(_LOST)
            target.parent.mkdir(parents=True, exist_ok=True)
            text = file.read_text(encoding="utf-8")
            if file.name == "case.yaml":
                head, _, rest = text.partition("verification:")
                text = head + written + "\n" + rest[rest.index("jrt0169") :]
            target.write_text(text, encoding="utf-8")
    reading = read_pack(folder, catalogue=ROOT / "packs" / "catalogue.yaml")
    return reading.case_type, [problem.message_en for problem in reading.problems]


def test_one_number_and_the_defaults(tmp_path: Path) -> None:
    case_type, problems = _read(tmp_path, "verification: 1")
    assert case_type is not None, problems
    assert (case_type.verification_level, level_to_change(case_type)) == (1, 2)
    assert level_to_resolve(case_type, {"outcome": "unlocked"}) == 0
    assert CaseType.from_json(case_type.to_json()) == case_type


def test_by_what_it_is_needed_for() -> None:
    case_type = next(one for one in packs() if one.code == "lost_card")
    assert (case_type.verification_level, level_to_change(case_type)) == (2, 3)
    outcomes = ("frozen", "replaced", "unlocked", "withdrawn")
    assert [level_to_resolve(case_type, {"outcome": one}) for one in outcomes] == [0, 2, 3, 0]
    assert CaseType.from_json(case_type.to_json()) == case_type


@pytest.mark.parametrize(
    "written",
    [
        "verification: 4",
        "verification: {change: 2}",
        "verification: {disclose: 2, resolve: [{level: 2}]}",
        "verification: {disclose: 2, resolve: [{when: {field: outcome, is: nothing}, level: 2}]}",
        "verification: {disclose: 2, resolve: [{when: {field: outcome, is: unlocked}, level: 9}]}",
        "verification: {disclose: 2, unmask: 3}",
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, written: str) -> None:
    case_type, problems = _read(tmp_path, written)
    assert case_type is None
    assert len(problems) == 1, problems
