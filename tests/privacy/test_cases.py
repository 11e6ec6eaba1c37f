"""Texts written by hand: in `found.txt` exactly what is marked is found, in `not_found.txt` nothing."""

import re
from pathlib import Path

import pytest

from bihuan.privacy.detect import detect

_HERE = Path(__file__).parent
_MARK = re.compile(r"\[\[([a-z_]+):(.*?)\]\](?!\])", re.DOTALL)


def _texts(name: str) -> list[str]:
    lines = (_HERE / name).read_text(encoding="utf-8").splitlines()
    return [line.replace(r"\n", "\n").replace(r"\z", "\u200b") for line in lines if line and line[:2] != "# "]


def _unmarked(marked: str) -> tuple[str, list[tuple[str, int, int]]]:
    """The text without its marks, and kind, start and end of each."""
    text, at, places = "", 0, list[tuple[str, int, int]]()
    for mark in _MARK.finditer(marked):
        text += marked[at : mark.start()]
        places.append((mark[1], len(text), len(text) + len(mark[2])))
        text, at = text + mark[2], mark.end()
    return text + marked[at:], places


@pytest.mark.parametrize("marked", _texts("found.txt"))
def test_what_is_marked_is_found_and_nothing_else(marked: str) -> None:
    text, places = _unmarked(marked)
    assert [(span.kind, span.start, span.end) for span in detect(text)] == places
    assert places


@pytest.mark.parametrize("text", _texts("not_found.txt"))
def test_what_only_looks_personal_is_left(text: str) -> None:
    assert [(span.kind, text[span.start : span.end]) for span in detect(text)] == []


def test_there_are_enough_of_both() -> None:
    assert len(_texts("found.txt")) >= 280
    assert len(_texts("not_found.txt")) >= 300
