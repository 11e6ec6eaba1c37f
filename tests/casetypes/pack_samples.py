"""Packs as they ship, and copies of them to break."""

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from bihuan.casetypes import CaseType, PackReading, read_pack

ROOT = Path(__file__).parents[2] / "packs"
FOLDERS = sorted(path.parent for path in ROOT.glob("*/*/case.yaml"))
NOW = datetime.fromisoformat("2026-11-21T10:00:00+08:00")


def shipped(code: str) -> CaseType:
    """The case type of that code; its pack must be without problems."""
    folder = next(folder for folder in FOLDERS if folder.name == code)
    reading = read_pack(folder)
    assert reading.case_type is not None, [problem.text("en") for problem in reading.problems]
    return reading.case_type


#: By code, so that a failing test prints a word and not a whole case type.
TYPES = {folder.name: shipped(folder.name) for folder in FOLDERS}


def broken(tmp_path: Path, code: str, change: Callable[[Path], None]) -> tuple[Path, PackReading]:
    """A copy of the pack with one change, and how it reads."""
    source = next(folder for folder in FOLDERS if folder.name == code)
    folder = tmp_path / "packs" / source.parent.name / code
    shutil.copytree(source, folder)
    shutil.copy(ROOT / "catalogue.yaml", tmp_path / "packs" / "catalogue.yaml")
    change(folder)
    return folder, read_pack(folder)


def swap(file: str, old: str, new: str) -> Callable[[Path], None]:
    """A change: the first occurrence of `old` in the file becomes `new`."""

    def change(folder: Path) -> None:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {file}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def line_of(path: Path, text: str) -> int:
    """The line in which the text first stands."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)
