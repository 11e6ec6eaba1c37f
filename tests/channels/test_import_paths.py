"""Files and folders: what is opened, what is passed over, and by what name."""

import os
from pathlib import Path

import pytest

from bihuan.channels.contract import Inbound, Skipped, Unreadable
from bihuan.channels.import_ import read_path, size_of

MAIL = b"From: a@b.example\nSubject: %s\nDate: Mon, 02 Mar 2026 10:00:00 +0800\n\nwords\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one of everything."""
    (tmp_path / "cur").mkdir()
    (tmp_path / "sub").mkdir()
    for name, content in {
        "a.eml": MAIL % b"one",
        "B.EML": MAIL % b"two",
        "cur/1700000000.M1P2.host,S=9:2,S": MAIL % b"three",
        "cur/1700000000.M1P3.localhost": MAIL % b"four",
        "sub/plainmail": MAIL % b"five",
        "sub/README": b"no mail at all\n",
        "sub/rows.csv": b"content,product\nwords,card\n",
        "old.msg": b"\xd0\xcf\x11\xe0",
        "book.xlsx": b"PK",
        "photo.png": b"\x89PNG",
        "empty.eml": b"",
    }.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


def test_a_folder_is_read_whole_and_in_order(folder: Path) -> None:
    items = list(read_path(folder))
    titles = [item.title for item in items if isinstance(item, Inbound)]
    assert titles == ["two", "one", "(无主题 / no subject)", "three", "four", "five", "card"]
    assert items == list(read_path(folder))
    passed = {Path(item.source).name: item.reason_code for item in items if isinstance(item, Skipped)}
    expected = {
        "old.msg": "outlook_msg",
        "book.xlsx": "workbook",
        "photo.png": "not_read",
        "README": "not_read",
    }
    assert passed == expected


def test_what_is_passed_over_says_what_to_do(folder: Path) -> None:
    (message,) = read_path(folder / "old.msg")
    (picture,) = read_path(folder / "photo.png")
    assert isinstance(message, Skipped) and ".eml" in message.en and ".eml" in message.zh
    assert isinstance(picture, Skipped) and picture.en == "skipped: not a kind we read"


def test_links_and_pipes_neither_loop_nor_hang(folder: Path) -> None:
    (folder / "loop").symlink_to(folder)
    (folder / "broken.eml").symlink_to(folder / "nowhere")
    os.mkfifo(folder / "pipe.csv")
    items = list(read_path(folder))
    codes = {Path(item.source).name: item.reason_code for item in items if not isinstance(item, Inbound)}
    assert (codes["loop"], codes["broken.eml"], codes["pipe.csv"]) == ("link", "not_found", "not_read")
    assert sum(isinstance(item, Inbound) for item in items) == 7


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    (item,) = read_path(tmp_path / "none.csv")
    assert (
        isinstance(item, Unreadable) and item.reason_code == "not_found" and item.source.endswith("none.csv")
    )


def test_a_name_that_is_no_utf8_can_be_shown(tmp_path: Path) -> None:
    os.close(os.open(os.path.join(os.fsencode(tmp_path), b"\xff.txt"), os.O_CREAT))
    (item,) = read_path(tmp_path)
    assert isinstance(item, Skipped) and item.source.endswith("\ufffd.txt") and item.source.encode()


def test_a_mail_past_the_limit_is_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bihuan.channels.import_.MAX_MAIL", 10)
    (item,) = read_path(folder / "a.eml")
    assert isinstance(item, Unreadable) and item.reason_code == "too_big"


def test_progress_over_a_folder_reaches_its_size(folder: Path) -> None:
    told: list[tuple[int, int]] = []
    list(read_path(folder, on_progress=lambda read, total: told.append((read, total))))
    total = size_of(folder)
    assert total == sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert told[-1] == (total, total) and told == sorted(told) and all(each == total for _, each in told)
