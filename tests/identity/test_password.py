"""Passwords: what may be one, and the lists of known ones."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bihuan.core.problems import Invalid
from bihuan.identity import breached, password
from bihuan.identity.password import Rules, wrong_with

_NAMES = ("li.na", "李娜", "t4f2", "First Bank of Somewhere")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("short", "too_short"), ("elevenchars", "too_short"), ("aaaaaaaaaaaa", "guessable"), ("abcabcabcabc", "guessable"),
        ("123456789012", "guessable"), ("qwertyuiop12", "guessable"), ("qwertyuiopasdf", "guessable"),
        ("1qaz2wsx3edc", "guessable"), ("ｐａｓｓｗｏｒｄ１２３４", "guessable"), ("password1234", "guessable"),
        ("passwordpassword", "guessable"), ("!!password!!", "guessable"), ("somewhere1234", "personal"),
        ("First Bank of Somewhere1", "personal"), ("SOMEWHERE....", "personal"), ("correct horse 电池", None),
        ("我家的猫不喜欢下雨天出门", None), ("li.na likes long walks", None), ("x7#kQ9!vLm2@", None), ("a" * 6 + "zebra crossing", None),
    ],
)  # fmt: skip
def test_what_may_be_one(text: str, code: str | None) -> None:
    assert wrong_with(text, least=12, names=_NAMES) == code


async def test_a_known_one_is_refused_in_whatever_case() -> None:
    assert breached.is_known("TempPassword", "")
    with pytest.raises(Invalid) as refused:
        await password.check("TempPassword", Rules(), names=())
    assert [f.code for f in refused.value.fields] in (["breached"], ["guessable"])


def test_the_list_that_comes_with_the_desk() -> None:
    assert all(breached.is_common(word) for word in ("password1", "iloveyou1", "12345678", "Qwertyuiop"))
    assert not breached.is_common("correct horse 电池")
    raw = Path(breached.__file__).with_name("breached.bin").read_bytes()
    entries = [raw[n : n + 8] for n in range(0, len(raw), 8)]
    assert len(entries) > 20_000 and entries == sorted(set(entries))


@pytest.fixture(scope="module")
def words() -> list[str]:
    """Passwords of a list."""
    return [f"word {n}" for n in range(2_000)]


@pytest.fixture(scope="module", params=["\n", "\r\n", "\nno end"])
def file(request: pytest.FixtureRequest, words: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A list in the well-known form, with either end of line, with or without one at the end."""
    end = str(request.param).removesuffix("no end")
    lines = sorted(f"{hashlib.sha1(w.encode()).hexdigest().upper()}:{len(w) ** 3}" for w in words)
    path = tmp_path_factory.mktemp("breached") / "list.txt"
    path.write_bytes((end.join(lines) + ("" if "no end" in str(request.param) else end)).encode())
    return path


def test_each_line_of_the_institutions_list_is_found(file: Path, words: list[str]) -> None:
    assert all(breached.is_known(word, str(file)) for word in words)


@given(text=st.text(min_size=1, max_size=20))
@settings(max_examples=300)
def test_and_nothing_else_is(file: Path, words: list[str], text: str) -> None:
    assert breached.is_known(text, str(file)) == (text in words or breached.is_common(text))


def test_a_list_of_one_and_of_none(tmp_path: Path) -> None:
    path = tmp_path / "one"
    path.write_text(f"{hashlib.sha1(b'only this one').hexdigest()}:7")
    assert breached.is_known("only this one", str(path)) and not breached.is_known("another one", str(path))
    path.write_text("")
    assert not breached.is_known("only this one", str(path))


@pytest.mark.parametrize("content", [None, "not a list\n", "00:1\n"])
def test_what_is_no_list_is_said(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "list"
    if content is not None:
        path.write_text(content)
    with pytest.raises(breached.BreachedUnreadable):
        breached.is_known("correct horse 电池", str(path))
