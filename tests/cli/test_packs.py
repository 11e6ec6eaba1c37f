"""Packs from the command line: checked with file and line, compared, loaded, and never by halves."""

import re
import shutil
from pathlib import Path

import pytest

from tests.cli.command import bihuan, clean_environment, done, refused
from tests.house.sources import ROOT


@pytest.fixture
def packs(folder: Path) -> Path:
    """A copy of the shipped packs, to be changed."""
    return Path(shutil.copytree(ROOT / "packs", folder / "packs"))


def _change(file: Path, old: str, new: str) -> int:
    """Replace the text's first place; its line."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_the_shipped_packs_are_right() -> None:
    for folder in ((), (ROOT / "packs",)):
        rows = [
            line.split("\t") for line in done("packs", "check", *folder, env=clean_environment()).splitlines()
        ]
        assert {code for code, _, _ in rows} >= {"disputed_bill", "general", "lost_card", "settlement_delay"}
        assert all(re.fullmatch(r"[0-9a-f]{12}", digest) for _, digest, _ in rows)


@pytest.mark.parametrize("language", ["en_US.UTF-8", "zh_CN.UTF-8"])
def test_a_broken_pack_is_named_by_file_and_line(packs: Path, language: str) -> None:
    case = packs / "general" / "general" / "case.yaml"
    line = _change(case, "kind: enquiry", "kind: enquiri")
    other = packs / "card" / "lost_card" / "case.yaml"
    other_line = _change(other, "code: lost_card", "code: lost_card\nunheard: of")
    said = refused("packs", "check", packs, env={**clean_environment(), "LANG": language})
    assert re.search(rf"general/case\.yaml:{line}\b.*enquiri.*enquiry", said), said
    assert re.search(rf"lost_card/case\.yaml:{other_line + 1}\b.*unheard", said), said


def test_no_packs_at_all(folder: Path) -> None:
    refused("packs", "check", folder, env=clean_environment(), code=2)


def test_packs_of_a_configured_folder(packs: Path) -> None:
    shutil.rmtree(packs / "card" / "lost_card")
    env = clean_environment(BIHUAN_PACKS=str(packs))
    assert "lost_card" not in done("packs", "check", env=env)


def test_diff_and_load(desk_env: dict[str, str], packs: Path) -> None:
    tenant = ("--tenant", "demo")
    same = done("packs", "diff", *tenant, packs, env=desk_env)
    assert {line.split("\t")[0] for line in same.splitlines()} == {"unchanged"}
    _change(packs / "general" / "general" / "case.yaml", "max_length: 32", "max_length: 33")
    differs = bihuan("packs", "diff", *tenant, packs, env=desk_env)
    assert differs.returncode == 1
    assert "changed\tgeneral\tv2" in differs.stdout.splitlines()
    loaded = done("packs", "load", *tenant, packs, env=desk_env)
    assert loaded == differs.stdout
    assert bihuan("packs", "diff", *tenant, packs, env=desk_env).returncode == 0
    own = done("packs", "load", *tenant, "--own", packs, env=desk_env)
    assert "unchanged" not in own, "the institution's own layer stands beside the shipped one"


def test_a_broken_pack_loads_nothing(desk_env: dict[str, str], packs: Path) -> None:
    before = bihuan("packs", "diff", "--tenant", "demo", packs, env=desk_env).stdout
    _change(packs / "general" / "general" / "case.yaml", "max_length: 32", "max_length: 34")
    _change(packs / "card" / "lost_card" / "case.yaml", "code: lost_card", "code: lost_card\nunheard: of")
    refused("packs", "load", "--tenant", "demo", packs, env=desk_env)
    (packs / "card" / "lost_card" / "case.yaml").write_bytes(
        (ROOT / "packs/card/lost_card/case.yaml").read_bytes()
    )
    _change(packs / "general" / "general" / "case.yaml", "max_length: 34", "max_length: 32")
    assert bihuan("packs", "diff", "--tenant", "demo", packs, env=desk_env).stdout == before
