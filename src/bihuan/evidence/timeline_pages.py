"""The timeline of a stream as a PDF for people: a head of facts, then every event a line, with page numbers.

The font is carried in the file. A character it has no shape for is told by its code (`[U+1F600]`), never left blank.
"""

from collections.abc import Mapping
from pathlib import Path

from fpdf import FPDF

from bihuan.evidence.timeline import Line, Sheet
from bihuan.evidence.wrapping import wrapped

_MARGIN, _WIDTH = 15.0, 180.0
_TIME, _HASH, _LABEL, _GAP = 34.0, 22.0, 34.0, 3.0
_WORDS = _WIDTH - _TIME - _HASH - 2 * _GAP
_BOTTOM = 297.0 - 20.0
_INK, _PALE, _RULE = (25, 28, 33), (105, 112, 122), (214, 218, 224)
_SIZE, _SMALL, _LEADING = 9.5, 8.0, 4.9


def pages(sheet: Sheet, font: Path) -> bytes:
    """The PDF, by this font."""
    made = _Pages(sheet, font)
    made.head()
    for line in sheet.lines:
        made.event(line)
    return bytes(made.output())


class _Pages(FPDF):
    """A4, written downwards; every line of text is measured before it is placed, so that none is cut."""

    def __init__(self, sheet: Sheet, font: Path) -> None:
        super().__init__(orientation="portrait", unit="mm", format="A4")
        self._sheet = sheet
        self._widths: dict[str, float] = {}
        self.add_font("text", fname=font)
        self._shapes: Mapping[int, object] = self.fonts["text"].cmap  # pyright: ignore
        self.set_auto_page_break(auto=False)
        self.set_margin(_MARGIN)
        self.set_title(sheet.title)
        self.set_lang("zh-CN" if sheet.language == "zh" else "en")
        self.set_creation_date(sheet.made_at)
        self.alias_nb_pages("{all}")
        self.add_page()

    def footer(self) -> None:
        """Page number, and what the sheet says on every page."""
        self._style(_SMALL, _PALE)
        self.set_xy(_MARGIN, _BOTTOM + 6)
        self.cell(_WIDTH - 40, 4, self._shown(self._sheet.foot))
        text = self._sheet.page.replace("{n}", str(self.page_no()))
        self.cell(40, 4, text, align="R")

    def head(self) -> None:
        """Title, facts and note."""
        self._style(15, _INK)
        self._text(self._sheet.title, _MARGIN, _WIDTH, size=15, leading=8)
        self.set_y(self.get_y() + 2)
        for label, value in self._sheet.facts:
            self._fact(label, value)
        self.set_y(self.get_y() + 2)
        self._style(_SMALL, _PALE)
        self._text(self._sheet.note, _MARGIN, _WIDTH, size=_SMALL, leading=4.2)
        self._rule()

    def event(self, line: Line) -> None:
        """One event; what does not fit on the page goes to the next."""
        told = [text for words in line.words for text in self._wrapped(words, _WORDS, _SIZE)]
        if self.get_y() + _LEADING > _BOTTOM:
            self.add_page()
        self._style(_SMALL, _PALE)
        top = self.get_y()
        self._at(_MARGIN, top, _TIME, line.moment)
        self._at(_MARGIN + _WIDTH - _HASH, top, _HASH, f"{line.seq} · {line.hash[:8]}", align="R")
        self._style(_SIZE, _INK)
        for text in told:
            if self.get_y() + _LEADING > _BOTTOM:
                self.add_page()
                self._style(_SIZE, _INK)
            self._at(_MARGIN + _TIME + _GAP, self.get_y(), _WORDS, text)
            self.set_y(self.get_y() + _LEADING)
        self.set_y(self.get_y() + 1.6)

    def _fact(self, label: str, value: str) -> None:
        top = self.get_y()
        self._style(_SIZE, _PALE)
        self._at(_MARGIN, top, _LABEL, label)
        self._style(_SIZE, _INK)
        self._text(value, _MARGIN + _LABEL, _WIDTH - _LABEL, size=_SIZE, leading=_LEADING)

    def _text(self, text: str, left: float, width: float, *, size: float, leading: float) -> None:
        for line in self._wrapped(text, width, size):
            if self.get_y() + leading > _BOTTOM:
                self.add_page()
            self._at(left, self.get_y(), width, line)
            self.set_y(self.get_y() + leading)

    def _at(self, left: float, top: float, width: float, text: str, *, align: str = "L") -> None:
        """A line of text at its place; the pen stays at the line's top."""
        self.set_xy(left, top)
        self.cell(width, _LEADING, self._shown(text), align=align)
        self.set_y(top)

    def _rule(self) -> None:
        top = self.get_y() + 2
        self.set_draw_color(*_RULE)
        self.line(_MARGIN, top, _MARGIN + _WIDTH, top)
        self.set_y(top + 3)

    def _style(self, size: float, colour: tuple[int, int, int]) -> None:
        self.set_font("text", size=size)
        self.set_text_color(*colour)

    def _wrapped(self, text: str, width: float, size: float) -> list[str]:
        scale = size / 10.0
        return wrapped(self._shown(text), width - 2.0, lambda character: self._width(character) * scale)

    def _width(self, character: str) -> float:
        """Width in mm at 10 points."""
        if character not in self._widths:
            size = self.font_size_pt
            self.set_font("text", size=10)
            self._widths[character] = self.get_string_width(character)
            self.set_font("text", size=size)
        return self._widths[character]

    def _shown(self, text: str) -> str:
        """The text with what has no shape told by its code."""
        return "".join(c if c == "\n" or ord(c) in self._shapes else f"[U+{ord(c):04X}]" for c in text)
