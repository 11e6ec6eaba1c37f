"""The timeline as a PDF: nothing cut, nothing blank, pages numbered; and how its lines are broken."""

import itertools
import re
from datetime import UTC, datetime
from pathlib import Path

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.evidence.timeline import FontMissing, Line, Sheet
from bihuan.evidence.timeline import pdf as timeline_pdf
from bihuan.evidence.wrapping import wrapped

_AT = datetime(2026, 11, 22, tzinfo=UTC)


def sheet(*words: str, lines: int = 1) -> Sheet:
    line = [
        Line(seq=n, moment="2026-11-22 16:08:03", words=words, hash="ab" * 32) for n in range(1, lines + 1)
    ]
    return Sheet(
        language="zh", title="工单 2000000004", facts=[("客户", "张**")], note="北京时间", lines=line,
        page="第 {n} 页，共 {all} 页", foot="封存根 abc", made_at=_AT,
    )  # fmt: skip


def read(pdf: bytes) -> list[str]:
    return [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pdf)]


def test_every_page_has_its_number_and_foot() -> None:
    pages = read(timeline_pdf(sheet("答复客户", lines=200)))
    assert len(pages) > 2
    for number, page in enumerate(pages, 1):
        assert f"第 {number} 页，共 {len(pages)} 页" in page and "封存根 abc" in page


def test_a_character_without_a_shape_is_told_by_its_code() -> None:
    (page,) = read(timeline_pdf(sheet("笑脸😀与𠮷字")))
    assert "笑脸[U+1F600]与[U+20BB7]字" in "".join(page.split())


def test_traditional_and_latin_characters_have_shapes() -> None:
    (page,) = read(timeline_pdf(sheet("臺灣銀行信用卡 Zürich €12 ①②③")))
    assert "[U+" not in page and "臺灣銀行信用卡" in page


def test_the_same_sheet_is_the_same_file() -> None:
    assert timeline_pdf(sheet("答复客户")) == timeline_pdf(sheet("答复客户"))


def test_nothing_lies_outside_the_page() -> None:
    words = "Pneumonoultramicroscopicsilicovolcanoconiosis" * 8 + "没有空格的很长一段话" * 50
    for page in pypdfium2.PdfDocument(timeline_pdf(sheet(words, lines=5))):
        width, height = page.get_size()
        text = page.get_textpage()
        for index in range(text.count_chars()):
            left, bottom, right, top = text.get_charbox(index)
            assert left >= 0 and right <= width and bottom >= 0 and top <= height


def test_without_its_font_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(FontMissing):
        timeline_pdf(sheet("x"), tmp_path)


_TEXT = st.text(alphabet=st.sampled_from("ab  字，。（）“-x"), max_size=60)


@given(text=_TEXT, width=st.integers(1, 12))
def test_lines_hold_all_but_blanks_and_fit(text: str, width: int) -> None:
    lines = wrapped(text, width, lambda _: 1)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(len(line) <= width for line in lines)


@given(text=_TEXT, width=st.integers(4, 12))
def test_no_line_begins_with_a_closing_mark_where_it_need_not(text: str, width: int) -> None:
    # A blank that ends a line is dropped, and would make it look shorter than it was.
    lines = wrapped(re.sub(" +(?=[，。）])", "", text), width, lambda _: 1)
    for before, line in itertools.pairwise(lines):
        if line[:1] in ("，", "。", "）"):
            # Only where the line before is one run of what cannot be broken.
            assert len(before) >= width - 1, (before, line)


def test_paragraphs_stay_paragraphs() -> None:
    assert wrapped("一\n\n二", 10, lambda _: 1) == ["一", "", "二"]
    assert wrapped("", 10, lambda _: 1) == [""]
