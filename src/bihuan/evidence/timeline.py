"""The timeline of a stream, for people: what a sheet says. The pages are set by `timeline_pages`, loaded where one is made."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from bihuan.core.problems import Language, Problem

FONT = "NotoSansSC.ttf"


class FontMissing(Problem):
    """The font for the timeline is not there: run `make setup`, or take another build of this release."""

    status = 500
    zh = "缺少时间线所需的字体：请执行 `make setup`，或换用完整的发布包。"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """An event: its moment in words, what it is (each a paragraph), number and hash in hex."""

    seq: int
    moment: str
    words: Sequence[str]
    hash: str


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """All of a timeline. `facts`: label and value; `note`: in which zone times are, and what else must be said.

    `page`: "Page {n} of {all}"; `foot`: what stands on every page beside it.
    """

    language: Language
    title: str
    facts: Sequence[tuple[str, str]]
    note: str
    lines: Sequence[Line]
    page: str
    foot: str
    made_at: datetime


def font_folder() -> Path:
    """The built font: inside the wheel, or beside the source."""
    inside = Path(__file__).parent.parent / "_data" / "web" / "fonts"
    return inside if inside.is_dir() else Path(__file__).parents[3] / "web" / "dist" / "fonts"


def pdf(sheet: Sheet, fonts: Path | None = None) -> bytes:
    """The PDF. Raises FontMissing."""
    font = (fonts or font_folder()) / FONT
    if not font.is_file():
        raise FontMissing
    # The library takes half a second to load: a command line that makes no timeline does not wait for it.
    from bihuan.evidence import timeline_pages

    return timeline_pages.pages(sheet, font)
