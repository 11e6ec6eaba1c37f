"""The licence gate: every package that is installed has a licence somebody has agreed to."""

from pathlib import Path

import pytest
from release.licences import Rules, Used, used

RULES = Rules()


def test_every_package_has_a_licence_that_is_allowed() -> None:
    packages = used()
    assert len([p for p in packages if p.name.startswith("npm:")]) > 100, "the web app's are looked at too"
    assert len([p for p in packages if p.shipped]) > 100
    assert [p for p in packages if not RULES.allow(p)] == []


@pytest.mark.parametrize("licence", ["", "AGPL-3.0-only", "GPL-3.0-or-later", "SSPL-1.0", "UNLICENSED", "MIT AND AGPL-3.0-only", "Proprietary", "see LICENSE"])  # fmt: skip
def test_what_is_not_listed_is_refused(licence: str) -> None:
    assert not RULES.allow(Used("something", "1", licence, True))


@pytest.mark.parametrize("licence", ["MIT", "(MIT OR AGPL-3.0-only)", "Apache-2.0 AND BSD-2-Clause", "Apache Software License; MIT License"])  # fmt: skip
def test_what_is_listed_is_taken(licence: str) -> None:
    assert RULES.allow(Used("something", "1", licence, True))


def test_what_only_builds_may_be_under_more() -> None:
    assert RULES.allow(Used("something", "1", "GPL-3.0-or-later", False))


def test_no_rule_is_for_a_package_that_is_not_used() -> None:
    told = Path(__file__).parents[2] / "release" / "licences.yaml"
    names = {p.name for p in used()}
    assert set(Rules(told)._packages) <= names
