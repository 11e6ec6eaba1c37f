"""Attacks on a package: whatever is changed is named, in the right file; an untouched one never is."""

import ast
import json
import os
import random
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bihuan.evidence import verify_evidence
from bihuan.evidence.verify_evidence import is_signed
from tests.conftest import House, figure
from tests.tickets.packing import (
    SCRIPT,
    Files,
    Json,
    checked,
    exported,
    fingerprint_of,
    packed,
    rechained,
    relisted,
    rich_ticket,
    signed_anew,
    unpacked,
)

_DRAWS = settings(
    max_examples=400 if os.environ.get("BIHUAN_TEST_LONG") else 40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    database=None,
)


class Taken:
    """A package of the desk's, its files, and the institution's fingerprint."""

    def __init__(self, content: bytes, key: str, folder: Path) -> None:
        self.content, self.key, self.folder = content, key, folder
        self.files: Files = unpacked(content)

    def found(self, files: Files, *, with_key: bool = True) -> list[tuple[str, str, str]]:
        return checked(self.folder, packed(files), *([self.key] if with_key else []))

    def named(self, files: Files, *, with_key: bool = True) -> set[str]:
        return {file for file, _, _ in self.found(files, with_key=with_key)}


@pytest.fixture(scope="module")
async def taken(shared_house: House) -> Taken:
    why = {"code": "authority", "text": "监管调阅全部材料"}
    ticket = await rich_ticket(shared_house)
    answer = await exported(shared_house, ticket, "supervisor", language="zh", originals=True, reason=why)
    assert answer.status_code == 200, answer.text
    return Taken(answer.content, fingerprint_of(shared_house), Path(tempfile.mkdtemp()))


def test_an_untouched_package_holds(taken: Taken) -> None:
    assert checked(taken.folder, taken.content, taken.key) == []
    assert taken.found(taken.files) == []
    assert taken.found(taken.files, with_key=False) == []


@_DRAWS
@given(data=st.data())
def test_an_edit_of_any_file_is_named(taken: Taken, data: st.DataObject) -> None:
    """A byte flipped, taken out, put in, two swapped, or the end cut off."""
    name = data.draw(st.sampled_from(sorted(taken.files)))
    content = bytearray(taken.files[name])
    at = data.draw(st.integers(0, len(content) - 1))
    how = data.draw(st.sampled_from(["flip", "delete", "insert", "swap", "cut"]))
    if how == "flip":
        content[at] ^= data.draw(st.integers(1, 255))
    elif how == "delete":
        del content[at : at + data.draw(st.integers(1, 40))]
    elif how == "insert":
        content[at:at] = data.draw(st.binary(min_size=1, max_size=40))
    elif how == "swap":
        other = data.draw(st.integers(0, len(content) - 1))
        content[at], content[other] = content[other], content[at]
    else:
        del content[at:]
    files = {**taken.files, name: bytes(content)}
    if files != taken.files and _says_the_same(name, taken.files[name], bytes(content)) is False:
        assert name in taken.named(files), (name, how, at)


def _says_the_same(name: str, before: bytes, after: bytes) -> bool:
    """A blank more in signature.json says nothing else; every other file is what its bytes are."""
    if name != "signature.json":
        return False
    try:
        return json.loads(before) == json.loads(after)
    except ValueError:
        return False


@_DRAWS
@given(data=st.data())
def test_a_byte_of_the_zip_itself(taken: Taken, data: st.DataObject) -> None:
    """Where anything of the content is changed by it, it is named; where nothing is, it is not."""
    content = bytearray(taken.content)
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    found = checked(taken.folder, bytes(content), taken.key)
    try:
        same = unpacked(bytes(content)) == taken.files
    except Exception:
        same = False
    assert bool(found) is not same or (same and {what for _, _, what in found} <= {"unsafe"})


@_DRAWS
@given(data=st.data())
def test_events_rewritten_with_their_hashes(taken: Taken, data: st.DataObject) -> None:
    """Without a key of the institution, whatever is computed anew."""
    count = taken.files["events.jsonl"].count(b"\n")
    at = data.draw(st.integers(0, count - 1))
    how = data.draw(st.sampled_from(["edit", "drop", "swap", "repeat", "tail"]))

    def change(rows: list[Json]) -> None:
        if how == "edit":
            rows[at]["body"] = rows[at]["body"].replace('"kind":"ticket.', '"kind":"tickeT.')
        elif how == "drop":
            del rows[at]
        elif how == "swap":
            other = (at + 1) % count
            rows[at], rows[other] = rows[other], rows[at]
        elif how == "repeat":
            rows.insert(at, dict(rows[at]))
        else:
            del rows[at:]

    files = relisted({**taken.files, "events.jsonl": rechained(taken.files["events.jsonl"], change)})
    for with_key in (True, False):
        named = taken.named(files, with_key=with_key)
        assert {"events.jsonl", "manifest.json"} <= named, (how, at, named)
    # Signed by somebody else altogether, the chain is still not the one under the institution's seals.
    assert "events.jsonl" in taken.named(signed_anew(files), with_key=False), (how, at)


@pytest.mark.parametrize(
    ("name", "old", "new", "where"),
    [
        ("messages.jsonl", "款项将退回原卡", "款项不予退回", ""),
        ("messages.jsonl", '"channel":"phone"', '"channel":"email"', ""),
        ("attachments.jsonl", '"content_type":"text/plain"', '"content_type":"image/png"', ""),
        ("ticket.json", '"urgent"', '"low"', "columns"),
        ("proof.json", '"seq": ', '"seq": 1', "seal"),
    ],
)
def test_a_changed_row_is_named_though_the_list_fits(
    taken: Taken, name: str, old: str, new: str, where: str
) -> None:
    text = taken.files[name].decode()
    assert old in text
    files = signed_anew({**taken.files, name: text.replace(old, new).encode()})
    found = taken.found(files, with_key=False)
    assert any(file == name and where in place for file, place, _ in found), found


def test_a_clock_edited_in_the_file_is_named(taken: Taken) -> None:
    clocks = json.loads(taken.files["clocks.json"])
    row = clocks["rows"]["sla_clock"]["resolution"]
    due = next(column for column in row if "due_at" in column[0])
    due[1] = str(int(due[1]) + 1)
    files = signed_anew({**taken.files, "clocks.json": json.dumps(clocks).encode()})
    assert ("clocks.json", "sla_clock resolution", "edited") in taken.found(files, with_key=False)
    del clocks["rows"]["sla_clock"]["resolution"]
    files = signed_anew({**taken.files, "clocks.json": json.dumps(clocks).encode()})
    assert ("clocks.json", "sla_clock resolution", "missing") in taken.found(files, with_key=False)


def test_a_swapped_attachment_is_named(taken: Taken) -> None:
    name = next(one for one in taken.files if one.startswith("attachments/"))
    files = signed_anew({**taken.files, name: b"another file"})
    assert (name, "-", "edited") in taken.found(files, with_key=False)
    gone = {one: content for one, content in taken.files.items() if one != name}
    assert (name, "-", "missing") in taken.found(gone)


def test_a_changed_pdf_is_named(taken: Taken) -> None:
    pdf = taken.files["timeline.zh.pdf"]
    assert ("timeline.zh.pdf", "-", "edited") in taken.found({**taken.files, "timeline.zh.pdf": pdf + b"\n"})
    # With a list that fits it, the list is what was changed.
    named = taken.named(relisted({**taken.files, "timeline.zh.pdf": pdf + b"\n"}))
    assert named == {"manifest.json", "signature.json"}


def test_a_package_of_somebody_elses_key(taken: Taken) -> None:
    files = signed_anew(taken.files)
    found = taken.found(files)
    assert {("signature.json", "unknown_key")} == {(file, what) for file, _, what in found}
    # Nobody can tell without the fingerprint: that is said, and the seals' own key still is another.
    assert taken.found(files, with_key=False) == []


def test_extra_files_and_unsafe_names_are_named(taken: Taken) -> None:
    assert ("extra.txt", "-", "inserted") in taken.found({**taken.files, "extra.txt": b"x"})
    for name in ("../../etc/passwd", "/etc/passwd", "a/../../b", "c:\\x", "a\\b"):
        assert (name, "-", "unsafe") in taken.found({**taken.files, name: b"x"}), name


def test_a_file_twice_is_named(taken: Taken) -> None:
    path = taken.folder / "twice.zip"
    path.write_bytes(taken.content)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as package:
        package.writestr("events.jsonl", taken.files["events.jsonl"])
    assert ("events.jsonl", "-", "unsafe") in checked(taken.folder, path.read_bytes(), taken.key)


def test_what_is_no_package_is_told(taken: Taken) -> None:
    for content in (
        b"",
        b"PK\x05\x06",
        b"not a zip" * 100,
        taken.content[: len(taken.content) // 2],
        packed({"a": b""}),
    ):
        assert checked(taken.folder, content, taken.key) == [("package.zip", "-", "not_a_package")]


def test_a_bomb_does_not_fill_the_memory(taken: Taken) -> None:
    """A file that unpacks to far more than its list says is read no further; a line without an end is bounded."""
    zeros = bytes(200 * 1024 * 1024)
    files = {**taken.files, "timeline.zh.pdf": zeros, "messages.jsonl": zeros}
    path = taken.folder / "bomb.zip"
    path.write_bytes(packed(files))
    # 400 MB of zeros in a process that may have 300 MB.
    limited = "import resource,runpy,sys;resource.setrlimit(resource.RLIMIT_AS,(300<<20,)*2);runpy.run_path(sys.argv[1],run_name='__main__')"
    code = f"{limited.replace('sys.argv[1]', 'sys.argv.pop(1)')}"
    ran = subprocess.run(
        [sys.executable, "-c", code, str(SCRIPT), str(path)], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1, ran.stderr
    assert "timeline.zh.pdf\t-\tedited" in ran.stdout and "messages.jsonl" in ran.stdout


def test_a_directory_of_millions_is_refused(taken: Taken) -> None:
    """The end record says how large the directory is: it is asked before anything is read."""
    content = bytearray(taken.content)
    end = content.rfind(b"PK\x05\x06")
    content[end + 12 : end + 16] = (verify_evidence.MOST_DIRECTORY + 1).to_bytes(4, "little")
    assert checked(taken.folder, bytes(content)) == [("package.zip", "-", "not_a_package")]


@pytest.mark.parametrize(
    ("arguments", "code"), [(["--key", "00" * 32], 1), (["--key", "short"], 2), (["--nonsense"], 2), ([], 0)]
)
def test_the_command_ends_as_it_says(taken: Taken, arguments: list[str], code: int) -> None:
    path = taken.folder / "one.zip"
    path.write_bytes(taken.content)
    for language, words in (("zh", "全部相符"), ("en", "all holds")):
        command = [sys.executable, "-I", str(SCRIPT), str(path), "--language", language, *arguments]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ran.returncode == code, ran.stderr
        assert (words in ran.stderr) == (code == 0)


def test_a_file_that_is_not_there_is_2(taken: Taken) -> None:
    command = [sys.executable, "-I", str(SCRIPT), str(taken.folder / "none.zip")]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 2


def test_it_needs_nothing_but_an_old_python() -> None:
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 9))
    imports = {
        alias.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    imports |= {str(node.module).split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imports <= set(sys.stdlib_module_names)
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Match)]


@_DRAWS
@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=200), data=st.data())
def test_its_ed25519_is_the_librarys(seed: bytes, message: bytes, data: st.DataObject) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = private.public_key().public_bytes_raw(), bytearray(private.sign(message))
    assert is_signed(public, message, bytes(signature))
    signature[data.draw(st.integers(0, 63))] ^= 1 << data.draw(st.integers(0, 7))
    assert not is_signed(public, message, bytes(signature))
    assert not is_signed(public, message + b"x", private.sign(message))


#: RFC 8032, section 7.1, tests 1 to 3.
_VECTORS = (
    ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
)  # fmt: skip


@pytest.mark.parametrize(("public", "message", "signature"), _VECTORS)
def test_published_signatures_hold(public: str, message: str, signature: str) -> None:
    assert is_signed(bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature))


def test_drawn_attacks_in_numbers(taken: Taken) -> None:
    """The same, without hypothesis, for the run's figures: a seeded thousand edits."""
    dice, missed, count = random.Random("20261122"), 0, 300
    for _ in range(count):
        name = dice.choice([one for one in taken.files if one != "signature.json"])
        content = bytearray(taken.files[name])
        content[dice.randrange(len(content))] ^= dice.randrange(1, 256)
        missed += name not in taken.named({**taken.files, name: bytes(content)})
    figure(f"evidence package: {count} edits of a byte, {missed} not named in the right file")
    assert missed == 0
