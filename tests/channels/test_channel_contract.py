"""The rules for an Inbound's text, and that every note and reason is said in both languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.channels import contract
from bihuan.channels.contract import (
    NO_BODY,
    NO_TITLE,
    clean_text,
    first_sentence,
    note,
    note_text,
    title_and_body,
)


@pytest.mark.parametrize("table", [contract.NOTE_TEXTS, contract.REASON_TEXTS])
def test_both_languages_ask_for_the_same(table: dict[str, tuple[str, str]]) -> None:
    import string

    for code, (zh, en) in table.items():
        places = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (zh, en)]
        assert zh and en and zh != en, code
        assert places[0] == places[1] or "detail" in places[0] | places[1], code


def test_a_note_is_read_back_in_both_languages() -> None:
    written = note("charset_guessed", "gb18030")
    assert written == "charset_guessed: gb18030"
    assert "gb18030" in note_text(written, "zh") and note_text(written, "en").endswith("read as gb18030")
    assert note_text(note("body_missing"), "en") == "no text in the body"
    with pytest.raises(KeyError):
        note("no_such_code")


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ("我的卡被盗刷了。请处理。", "我的卡被盗刷了"),
        ("My card was lost. Help!", "My card was lost"),
        ("Fee of 3.50 was taken\nand more", "Fee of 3.50 was taken"),
        ("What happened? Tell me.", "What happened?"),
        ("字" * 200, "字" * 79 + "…"),
        ("  \n ", ""),
    ],
)
def test_a_title_from_a_body(body: str, title: str) -> None:
    assert first_sentence(body) == title


def test_a_long_title_stands_whole_in_the_body() -> None:
    title, body, notes = title_and_body("x" * 300, "words")
    assert len(title) == 200 and body == "x" * 300 + "\n\nwords" and notes == ("title_cut",)


@given(st.text(st.characters()), st.text(st.characters()))
def test_title_and_body_are_never_empty(title: str, body: str) -> None:
    title, body = clean_text(title)[0], clean_text(body)[0]
    shown, text, _ = title_and_body(title, body)
    assert shown and text and "\n" not in shown and len(shown) <= 200
    assert body.strip() in text and (body.strip() or title.split() or (shown, text) == (NO_TITLE, NO_BODY))


@given(st.text(st.characters()))
def test_clean_text_can_be_stored(text: str) -> None:
    cleaned, changed = clean_text(text)
    assert "\x00" not in cleaned and cleaned.encode() is not None and clean_text(cleaned) == (cleaned, False)
    assert changed == any(character == "\x00" or "\ud800" <= character <= "\udfff" for character in text)
