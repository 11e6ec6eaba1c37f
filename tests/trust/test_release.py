"""What a release says of itself: the bill of materials, and the install script of the air-gapped wheelhouse."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.conftest import ROOT

WHOLE = os.environ.get("BIHUAN_TEST_LONG") == "1"


@pytest.fixture(scope="module")
def bill(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """The bill as `make sbom` writes it."""
    to = tmp_path_factory.mktemp("bill") / "bill.json"
    subprocess.run([sys.executable, "release/sbom.py", str(to)], cwd=ROOT, check=True, timeout=240)
    text = to.read_text(encoding="utf-8")
    return text, json.loads(text)


def test_the_bill_names_all_that_is_locked(bill: tuple[str, dict[str, Any]]) -> None:
    _, told = bill
    locked = re.findall(
        r"^([A-Za-z0-9][\w.-]*)==([^ \\;]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE
    )
    named = {(re.sub(r"[-_.]+", "-", c["name"]).lower(), c["version"]) for c in told["components"]}
    # What is locked for another system is not installed here, and so not in the bill.
    missing = {(n.lower(), v) for n, v in locked} - named
    assert len(missing) <= 3, missing
    assert (
        "vue",
        json.loads((ROOT / "web" / "package-lock.json").read_text())["packages"]["node_modules/vue"][
            "version"
        ],
    ) in named
    refs = [c["bom-ref"] for c in told["components"]] + [told["metadata"]["component"]["bom-ref"]]
    assert len(refs) == len(set(refs))
    assert {r for d in told["dependencies"] for r in [d["ref"], *d.get("dependsOn", [])]} <= set(refs)


@pytest.mark.long
def test_the_bill_is_of_the_standard_and_tells_of_no_machine(bill: tuple[str, dict[str, Any]]) -> None:
    text, told = bill
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text if WHOLE else _every_tenth(told)) is None
    assert str(ROOT) not in text
    assert "file://" not in text


def _every_tenth(told: dict[str, Any]) -> str:
    """The validator compares each component with each other: for all of them it takes the better part of a minute."""
    kept = told["components"][::10]
    refs = {c["bom-ref"] for c in kept} | {told["metadata"]["component"]["bom-ref"]}
    depends = [
        {**one, "dependsOn": [r for r in one.get("dependsOn", []) if r in refs]}
        for one in told["dependencies"]
        if one["ref"] in refs
    ]
    return json.dumps({**told, "components": kept, "dependencies": depends})


def test_a_wheelhouse_that_was_changed_installs_nothing(tmp_path: Path) -> None:
    house = tmp_path / "house"
    house.mkdir()
    shutil.copy(ROOT / "release" / "install.sh", house)
    (house / "requirements.lock").write_text("")
    sums = subprocess.run(
        ["sha256sum", "install.sh", "requirements.lock"], cwd=house, capture_output=True, check=True
    )
    (house / "SHA256SUMS").write_bytes(sums.stdout)
    (house / "requirements.lock").write_text("evil==1\n")
    done = subprocess.run(
        ["sh", str(house / "install.sh"), str(tmp_path / "desk")],
        env={"PATH": "/usr/bin:/bin", "PYTHON": sys.executable, "PIP_NO_INDEX": "1"},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 1
    assert "SHA256SUMS" in done.stderr
    assert not (tmp_path / "desk").exists()
