"""The import door: tables (CSV, JSON Lines) and mail (.eml) from files and folders, as Inbounds.

Owns: which files are ours to read, and reading them. Promises: `read_path` streams, never raises over
content, and names every file and row it does not take; read twice, it gives the same external ids. Refuses:
to open tickets, to follow links to folders, to open anything but regular files, and Outlook's .msg and
workbooks (it says what to do instead).
"""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from stat import S_ISREG

import msgspec

from bihuan.channels.contract import Inbound, Skipped, Unreadable, skipped, unreadable
from bihuan.channels.import_.mail import MAX_MAIL, looks_like_mail, read_mail
from bihuan.channels.import_.mapping import ColumnMap, MapInvalid, load_map
from bihuan.channels.import_.rows import Reading, read_csv, read_jsonl

__all__ = [
    "ColumnMap",
    "Inbound",
    "MapInvalid",
    "Skipped",
    "Unreadable",
    "load_map",
    "read_mail",
    "read_path",
    "size_of",
]

Item = Inbound | Unreadable | Skipped
#: Told after each item: bytes read so far, bytes in all (as they were when the reading began).
Progress = Callable[[int, int], None]

_TABLES = {".csv": read_csv, ".tsv": read_csv, ".jsonl": read_jsonl, ".ndjson": read_jsonl}
_NAMED = {".msg": "outlook_msg", ".xlsx": "workbook", ".xls": "workbook"}


def read_path(
    path: Path,
    mapping: ColumnMap | None = None,
    *,
    case_type: str | None = None,
    on_progress: Progress = lambda _read, _total: None,
) -> Iterator[Item]:
    """Everything in a file or, in the order of names, a folder and its folders; no table is held whole.

    `case_type` is for what the mapping gives none.
    """
    total, done = size_of(path), 0
    for file in _files(path):

        def told(position: int, before: int = done) -> None:
            on_progress(min(before + position, total), total)

        size = _size(file)
        yield from _read_file(file, Reading(mapping=mapping, case_type=case_type, on_bytes=told))
        done += size
        told(size, done - size)


def size_of(path: Path) -> int:
    """Bytes in the regular files at `path`, from the file system's books; nothing is opened."""
    return sum(_size(file) for file in _files(path))


def _files(path: Path) -> Iterator[Path]:
    """The files at `path` in the order of names, links to folders too: they are named, not followed."""
    if not path.is_dir():
        yield path
        return
    for folder, folders, files in os.walk(path, onerror=None):
        folders.sort()
        here = Path(folder)
        yield from (
            here / name
            for name in sorted([*files, *(each for each in folders if (here / each).is_symlink())])
        )


def _size(file: Path) -> int:
    try:
        status = file.stat()
    except OSError:  # a broken link, or gone since: the reading names it
        return 0
    return status.st_size if S_ISREG(status.st_mode) else 0


def shown_path(path: Path) -> str:
    """A path as text that can be stored: bytes that are no UTF-8 replaced."""
    return os.fsencode(path).decode("utf-8", "replace").replace("\0", "\ufffd")


def _read_file(file: Path, reading: Reading) -> Iterator[Item]:
    """One file's items; what the file system refuses is an Unreadable."""
    source = shown_path(file)
    try:
        if not S_ISREG(file.stat().st_mode):  # a pipe would wait for ever
            yield skipped(source, "link" if file.is_dir() else "not_read")
            return
        yield from _read_regular(file, source, reading)
    except FileNotFoundError:
        yield unreadable(source, "not_found")
    except OSError as error:
        yield unreadable(source, "not_opened", error=error.strerror or type(error).__name__)


def _read_regular(file: Path, source: str, reading: Reading) -> Iterator[Item]:
    suffix = _suffix(file)
    if table := _TABLES.get(suffix):
        yield from table(file, source, reading)
    elif suffix == ".eml" or (not suffix and looks_like_mail(_head(file))):
        yield _mail(file, source, reading)
    else:
        yield skipped(source, _NAMED.get(suffix, "not_read"))


def _mail(file: Path, source: str, reading: Reading) -> Item:
    if file.stat().st_size > MAX_MAIL:
        return unreadable(source, "too_big", limit=MAX_MAIL)
    mail = read_mail(file.read_bytes(), case_type=reading.case_type)
    return msgspec.structs.replace(mail, source=source)


def _suffix(file: Path) -> str:
    """The file's extension in lower case; "" if it has none.

    A Maildir name ends in what only looks like one ("1700000000.M1P2.host:2,S"), so in its `cur` and `new`
    folders nothing but ours counts.
    """
    suffix = file.suffix.casefold()
    ours = suffix in _TABLES or suffix in _NAMED or suffix == ".eml"
    if ours or (re.fullmatch(r"\.[a-z0-9]{1,8}", suffix) and file.parent.name not in ("cur", "new")):
        return suffix
    return ""


def _head(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(16384)
