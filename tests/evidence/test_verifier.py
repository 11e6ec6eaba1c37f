"""The stand-alone verifier against hostile packages: what another reader would see otherwise, seals that contradict one
another, garbage, floods, and texts that would write on the reader's screen. Packages by the desk's own writer.
"""

import hashlib
import io
import json
import os
import re
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.tickets.packing import relisted

from bihuan.core import keyring
from bihuan.core.keyring import Key, public_key
from bihuan.evidence import VERIFIER, chain, state_digest, verify_evidence
from bihuan.evidence.chain import Head, canonical
from bihuan.evidence.package import About, Package, fingerprint

Json = dict[str, Any]
Found = list[tuple[str, str, str]]
TENANT, TICKET = UUID(int=1), UUID(int=2)
NUMBER, MOMENT = "2579453666", datetime(2026, 11, 22, 8, tzinfo=UTC)
_SIGNATURE = "signature.json"
_END = struct.Struct("<4s4H2LH")


class Desk:
    """A key, and packages of a ticket of three events under it, with whatever is changed before it is signed."""

    def __init__(self, folder: Path) -> None:
        self.key: Key = keyring.init(folder / "keys.json").active("sign")
        self.path = folder / "p.zip"
        columns = [["number", NUMBER], ["title", "退款"]]
        state = state_digest([value for _, value in columns])
        before, self.events, self.heads = chain.genesis(TENANT, "ticket", TICKET), [], [b""]
        for seq in (1, 2, 3):
            body = canonical(
                {"at": f"2026-11-22T08:0{seq}:00Z", "data": {}, "kind": "ticket.noted", "seq": seq, "state": state,
                 "stream": f"ticket:{TICKET}", "tenant": TENANT, "v": 1}
            )  # fmt: skip
            after = chain.event_hash(before, body.encode())
            self.events.append({"seq": seq, "prev": before.hex(), "hash": after.hex(), "body": body})
            self.heads.append(after)
            before = after
        self.ticket = {"number": NUMBER, "columns": columns, "ratings": []}

    def seal(self, no: int, seq: int, head: bytes | None = None, before: str = "00") -> Json:
        head = self.heads[seq] if head is None else head
        root = chain.merkle_root([chain.leaf(TICKET, Head(seq=seq, hash=head))])
        body = canonical(
            {"at": f"2026-11-22T09:00:{no:02}Z", "before": before, "no": no, "root": root.hex(), "streams": 1,
             "tenant": TENANT}
        )  # fmt: skip
        signed = Ed25519PrivateKey.from_private_bytes(self.key.secret).sign(body.encode()).hex()
        return {
            "seq": seq,
            "head": head.hex(),
            "path": [],
            "body": body,
            "signature": signed,
            "key": self.key.tag,
        }

    def proof(self, *seals: Json) -> Json:
        told = {"tenant": TENANT, "stream": f"ticket:{TICKET}", "after": [], "left_out": 0, "stamps": []}
        return {**told, "seals": list(seals), "keys": {self.key.tag: public_key(self.key).hex()}}

    def package(self, proof: Json | None = None, **files: Any) -> bytes:
        """`files`: instead of the desk's own lines of events, messages and attachments, and others to add."""
        made = io.BytesIO()
        package = Package(made)
        package.add_text("README.txt", "读我 " * 100)
        package.add_lines("events.jsonl", files.pop("events", self.events))
        package.add_lines("messages.jsonl", files.pop("messages", []))
        package.add_lines("attachments.jsonl", files.pop("attachments", []))
        package.add_json("ticket.json", files.pop("ticket", self.ticket))
        package.add_json("clocks.json", {"rows": {}})
        package.add_json("proof.json", proof or self.proof(self.seal(7, 2), self.seal(9, 3)))
        for name, text in files.items():
            package.add_text(name, text)
        about = About(
            tenant=TENANT, desk="示例卡中心", stream=f"ticket:{TICKET}", ticket=NUMBER, events=3, made_by=UUID(int=3),
            made_by_name="王芳", made_at=MOMENT, language="zh", tool="bihuan",
        )  # fmt: skip
        package.finish(about, self.key)
        return made.getvalue()

    def found(self, content: bytes, **asked: Any) -> Found:
        self.path.write_bytes(content)
        try:
            check = verify_evidence.verify(self.path, [fingerprint(self.key)], **asked)
        except verify_evidence.NotAPackage:
            return [("-", "-", "not_a_package")]
        return [tuple(one) for one in check.findings]

    def run(self, content: bytes, *arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
        self.path.write_bytes(content)
        keyed = ("--key", fingerprint(self.key), *arguments)
        command = [sys.executable, str(VERIFIER), str(self.path), *keyed]
        ran = subprocess.run(
            command, capture_output=True, check=False, env={**os.environ, **environment}, timeout=60
        )
        assert b"Traceback" not in ran.stderr, ran.stderr
        return ran


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("desk"))


def _files(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return {name: package.read(name) for name in package.namelist()}


def _packed(
    files: dict[str, bytes], change: Callable[[zipfile.ZipInfo], None] | None = None, comment: bytes = b""
) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as package:
        package.comment = comment
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o100644 << 16
            if change is not None:
                change(entry)
            package.writestr(entry, content)
    return made.getvalue()


def _directory(content: bytes) -> int:
    return int(_END.unpack(content[-_END.size :])[6])


def _with_gap(content: bytes, gap: bytes) -> bytes:
    """Bytes between the last entry and the directory, which still is found."""
    at, (*end, _, comment) = _directory(content), _END.unpack(content[-_END.size :])
    return content[:at] + gap + content[at : -_END.size] + _END.pack(*end, at + len(gap), comment)


def _patched(content: bytes, at: int, new: bytes) -> bytes:
    return content[:at] + new + content[at + len(new) :]


# ------------------------------------------------------------------------------------------------- what holds, and what of it
def test_the_writers_own_holds_and_says_what_it_is_of(desk: Desk) -> None:
    ran = desk.run(desk.package(), "--language", "en", "--ticket", NUMBER)
    told = ran.stderr.decode()
    assert (ran.returncode, ran.stdout) == (0, b""), told
    assert f"ticket: {NUMBER}; desk: 示例卡中心; taken out at: 2026-11-22T08:00:00Z" in told
    assert "last event: 3 (2026-11-22T08:03:00Z)" in told and "last seal: 9 (2026-11-22T09:00:09Z)" in told
    assert "not that the package is the newest" in told


def test_another_tickets_package_is_named(desk: Desk) -> None:
    assert desk.found(desk.package(), ticket="1") == [("manifest.json", NUMBER, "other_ticket")]
    ran = desk.run(desk.package(), "--ticket", "1")
    assert ran.returncode == 1 and "不是所问工单的证据包" in ran.stdout.decode()
    changed = desk.package(ticket={**desk.ticket, "number": "1"})
    assert desk.found(changed) == [("ticket.json", "number", "edited")]


# ------------------------------------------------------------------------------------------------------------------- seals
def test_two_heads_at_one_number_are_named(desk: Desk) -> None:
    forged = desk.seal(8, 2, hashlib.sha256(b"another history").digest())
    for seals in ((desk.seal(7, 2), forged, desk.seal(9, 3)), (forged, desk.seal(9, 2), desk.seal(10, 3))):
        assert ("proof.json", "contradicts") in {
            (f, w) for f, _, w in desk.found(desk.package(desk.proof(*seals)))
        }


def test_two_seals_of_one_number_and_seals_out_of_order_are_named(desk: Desk) -> None:
    other = desk.seal(7, 2, before="11")
    assert desk.found(desk.package(desk.proof(desk.seal(7, 2), other, desk.seal(9, 3)))) == [
        ("proof.json", "seal 7", "contradicts")
    ]
    turned = desk.found(desk.package(desk.proof(desk.seal(9, 3), desk.seal(7, 2))))
    assert ("proof.json", "seal 7", "moved") in turned
    # The next number must name the hash of the one before.
    broken = desk.proof(desk.seal(7, 2), desk.seal(8, 3, before="22" * 32))
    assert desk.found(desk.package(broken)) == [("proof.json", "seal 8", "contradicts")]
    before = hashlib.sha256(desk.seal(7, 2)["body"].encode()).hexdigest()
    assert desk.found(desk.package(desk.proof(desk.seal(7, 2), desk.seal(8, 3, before=before)))) == []


@pytest.mark.parametrize("seq", [-1, 2**64, 99999999999999999999999, 2.0, True, "2", None])
def test_a_seals_number_is_a_number(desk: Desk, seq: object) -> None:
    found = desk.found(desk.package(desk.proof({**desk.seal(7, 2), "seq": seq}, desk.seal(9, 3))))
    assert ("proof.json", "-", "unreadable") in found


def test_a_proof_of_another_stream_is_named(desk: Desk) -> None:
    proof = {**desk.proof(desk.seal(9, 3)), "stream": f"ticket:{UUID(int=9)}"}
    assert ("proof.json", "stream", "edited") in desk.found(desk.package(proof))


# ------------------------------------------------------------------------------------------------------- one reading of the ZIP
def _unicode_path(entry: zipfile.ZipInfo) -> None:
    told = b"\1" + struct.pack("<L", zlib.crc32(entry.filename.encode())) + b"evil.txt"
    entry.extra = struct.pack("<2H", 0x7075, len(told)) + told


def _link(entry: zipfile.ZipInfo) -> None:
    entry.external_attr = 0o120777 << 16


def _lzma(entry: zipfile.ZipInfo) -> None:
    entry.compress_type = zipfile.ZIP_LZMA


@pytest.mark.parametrize("change", [_unicode_path, _link, _lzma])
def test_an_entry_that_is_more_than_a_file_is_unsafe(
    desk: Desk, change: Callable[[zipfile.ZipInfo], None]
) -> None:
    found = desk.found(_packed(_files(desk.package()), change))
    assert ("README.txt", "-", "unsafe") in found and ("events.jsonl", "-", "unsafe") in found


def test_bytes_of_no_entry_are_unsafe(desk: Desk) -> None:
    content = desk.package()
    hidden = _packed({"events.jsonl": b"another story"})
    local = hidden[: _directory(hidden)]
    for changed in (
        _with_gap(content, local),
        _with_gap(content, b"x"),
        local + content,
        b"MZ" + content,
        content + b"x",
        content + hidden[:40],
        _packed(_files(content), comment=b"closed in favour of the customer"),
    ):
        assert desk.found(changed) == [("-", "-", "unsafe")]
    # Two archives in one: whoever reads the other one is told of it.
    assert desk.found(_packed({"events.jsonl": b"x"}) + content) == [("-", "-", "unsafe")]


@pytest.mark.parametrize(
    ("field", "new"),
    [(4, b"\x2d"), (6, b"\0\x08"), (8, b"\0\0"), (10, b"\1\1"), (14, bytes(4)), (22, b"\1\0\0\0"), (30, b"EVILME")],
)  # fmt: skip
def test_a_local_header_must_say_what_the_directory_says(desk: Desk, field: int, new: bytes) -> None:
    content = desk.package()
    assert ("README.txt", "-", "unsafe") in desk.found(_patched(content, field, new))


@pytest.mark.parametrize(
    ("field", "new"),
    [(6, b"\x63\0"), (8, b"\x08\0"), (8, b"\1\0"), (20, b"\1\0\0\0"), (24, b"\1\0\0\0"), (34, b"\1\0"), (36, b"\1\0"),
     (38, struct.pack("<L", 0o104755 << 16)), (38, struct.pack("<L", 0x10)), (42, b"\1\0\0\0")],
)  # fmt: skip
def test_a_row_of_the_directory_must_be_as_ours_are(desk: Desk, field: int, new: bytes) -> None:
    content = desk.package()
    assert ("README.txt", "-", "unsafe") in desk.found(_patched(content, _directory(content) + field, new))


def test_bytes_behind_the_end_of_a_compressed_file_are_named(desk: Desk) -> None:
    """Inside its entry, where a reader that stops at the end of the compressed data sees nothing."""
    made, files = io.BytesIO(), _files(desk.package())
    with zipfile.ZipFile(made, "w") as package:
        _add_raw(package, made, files.pop("README.txt"), behind=b"hidden")
        for name, content in files.items():
            package.writestr(zipfile.ZipInfo(name), content)
    assert desk.found(made.getvalue()) == [("README.txt", "-", "edited")]


def _add_raw(package: zipfile.ZipFile, file: io.BytesIO, content: bytes, *, behind: bytes) -> None:
    """`README.txt`, with bytes behind its compressed data that its entry counts as its own."""
    entry, packed = zipfile.ZipInfo("README.txt"), zlib.compressobj(wbits=-15)
    entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o100644 << 16
    lies = packed.compress(content) + packed.flush() + behind
    entry.CRC, entry.file_size, entry.compress_size = zlib.crc32(content), len(content), len(lies)
    entry.header_offset = file.tell()
    file.write(entry.FileHeader() + lies)
    package.filelist.append(entry)
    package.NameToInfo[entry.filename] = entry
    package.start_dir = file.tell()


def test_a_zip64_end_must_say_the_same(desk: Desk) -> None:
    """What our writer writes for more than 2 GiB holds; an end that says another thing in its long form is unsafe."""
    content = desk.package()
    sign, disk, first, here, count, size, at, comment = _END.unpack(content[-_END.size :])
    end = len(content) - _END.size

    def large(offset: int, many: int = 1) -> bytes:
        long = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, here, count, size, offset)
        where = struct.pack("<4sLQL", b"PK\6\7", 0, end, many)
        return content[:end] + long + where + _END.pack(sign, disk, first, here, count, size, at, comment)

    assert desk.found(large(at)) == []
    assert desk.found(large(at, many=2)) == [("-", "-", "unsafe")]
    assert desk.found(large(at - 1)) != []


@pytest.mark.parametrize(("offset", "plain"), [(3 << 30, True), (5 << 30, True), (1000, False)])
def test_an_entry_far_behind_may_say_so_in_its_long_form(offset: int, plain: bool) -> None:
    """As the library writes it beyond 2 GiB; where the short form would do, two readings are possible."""
    extra = struct.pack("<2HQ", 1, 8, offset)
    row = struct.pack(
        "<4s4B4HL2L5H2L",
        *(b"PK\1\2", 45, 3, 45, 0, 0, 8, 0, 0, 0, 9, 9, 1, len(extra), 0, 0, 0, 0o100644 << 16, 0xFFFFFFFF),
    )
    entry, after = verify_evidence._entry(row + b"x" + extra, 0)
    assert (entry.at, entry.plain, after) == (offset, plain, len(row) + 1 + len(extra))


# ---------------------------------------------------------------------------------------------------------- never a traceback
def _bad_name(content: bytes) -> bytes:
    """A name that is no UTF-8 though it says it is."""
    at = _directory(content)
    return _patched(_patched(content, at + 8, b"\0\x08"), at + 46, b"\xff")


def test_garbage_is_told_and_never_a_traceback(desk: Desk) -> None:
    content, files = desk.package(), _files(desk.package())
    lzma = bytearray(_packed(files, _lzma))
    at = lzma.find(b"README.txt") + 14
    lzma[at : at + 6] = bytes(byte ^ 0xA5 for byte in lzma[at : at + 6])
    surrogate = json.dumps(
        {"files": [{"path": "\ud800", "size": 1, "sha256": ""}], "events": 1, "ticket": "\ud800"}
    )
    cases: list[tuple[bytes, int]] = [
        (_bad_name(content), 1),
        (bytes(lzma), 1),
        (_packed({**files, "manifest.json": surrogate.encode()}), 1),
        (_packed({**files, "proof.json": files["proof.json"].replace(b'"seq": 2', b'"seq": -1')}), 1),
        (_packed({**files, "proof.json": b"[" * 200_000}), 1),
        (_packed({**files, "events.jsonl": b'{"seq":1,"body":"\\ud800","hash":"00"}\n'}), 1),
        (content[-400:], 2),
        (b"PK\5\6" + b"\xff" * 18, 2),
        (b"", 2),
    ]
    for changed, code in cases:
        assert desk.run(changed, PYTHONIOENCODING="ascii").returncode == code


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    database=None,
)
@given(data=st.data())
def test_any_bytes_at_all_are_told(desk: Desk, data: st.DataObject) -> None:
    """Bytes overwritten: a finding, or not a package, and nothing raised; or every file is what it was."""
    content = bytearray(desk.package())
    begin = data.draw(st.sampled_from([0, _directory(bytes(content))]))
    at = data.draw(st.integers(begin, len(content) - 1))
    new = data.draw(st.binary(min_size=1, max_size=8))
    content[at : at + len(new)] = new
    assert desk.found(bytes(content)) or _files(bytes(content)) == _files(desk.package())


_JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=5), st.just("\ud800"),
    st.just([]), st.just({}), st.just([[1]]), st.just({"seq": 1}), st.just("00" * 32), st.just({"\ud800": []}),
)  # fmt: skip


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    database=None,
)
@given(data=st.data())
def test_any_value_of_another_kind_is_told(desk: Desk, data: st.DataObject) -> None:
    """Anywhere in the JSON, with a list that fits it, by somebody who has no key: named, and nothing raised."""
    files = _files(desk.package(desk.proof(desk.seal(7, 2), desk.seal(9, 3))))
    name = data.draw(st.sampled_from([one for one in files if ".json" in one]))
    head, *more = files[name].split(b"\n") if name == "events.jsonl" else [files[name]]
    if not head:
        return
    value = json.loads(head)
    inner: Any = value
    while inner:
        key = data.draw(st.sampled_from(sorted(inner) if isinstance(inner, dict) else range(len(inner))))
        if not isinstance(inner[key], dict | list) or not inner[key] or data.draw(st.booleans()):
            break
        inner = inner[key]
    before, inner[key] = inner[key], data.draw(_JUNK)
    text = "\n".join([json.dumps(value), *(line.decode() for line in more)]).encode()
    changed = (
        relisted({**files, name: text})
        if name not in ("manifest.json", _SIGNATURE)
        else {**files, name: text}
    )
    found = desk.found(_packed(changed))
    assert found or inner[key] == before or name == _SIGNATURE


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "gbk", "utf-8"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_any_terminal_is_told_what_was_found(desk: Desk, encoding: str, language: str) -> None:
    files = {**_files(desk.package()), "附件😀.txt": b"x"}
    ran = desk.run(_packed(files), "--language", language, PYTHONIOENCODING=encoding)
    assert ran.returncode == 1 and b"\tinserted\t" in ran.stdout
    assert ran.stdout.decode(encoding) and ran.stderr.decode(encoding)


def test_a_reader_that_goes_away_changes_no_exit_code(desk: Desk) -> None:
    files = _files(desk.package())
    desk.path.write_bytes(_packed({**files, **{f"f{n}": b"" for n in range(3000)}}))
    command = f'"{sys.executable}" "{VERIFIER}" "{desk.path}" | head -1; exit ${{PIPESTATUS[0]}}'
    ran = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert ran.returncode == 1 and "Traceback" not in ran.stderr and "Error" not in ran.stderr, ran.stderr
    assert ran.stdout.count("\n") == 1


# --------------------------------------------------------------------------------------------------------------- signature.json
@pytest.mark.parametrize(
    "change",
    [
        {"note": "approved"},
        {"key": "ed25519:evil"},
        {"key": "evil"},
        {"key": None},
        {"fingerprint": "00" * 32},
    ],
)
def test_the_signature_has_its_four_members_and_no_more(desk: Desk, change: Json) -> None:
    files = _files(desk.package())
    signature = {**json.loads(files[_SIGNATURE]), **change}
    found = desk.found(_packed({**files, _SIGNATURE: json.dumps(signature).encode()}))
    assert {(file, what) for file, _, what in found} == {(_SIGNATURE, "edited")}


def test_a_member_twice_or_another_spelling_is_named(desk: Desk) -> None:
    files = _files(desk.package())
    text = files[_SIGNATURE].decode()
    spelled = re.sub(r'(?<="signature": ")[0-9a-f]+', lambda found: found[0].upper(), text)
    for changed in (text.replace("{", '{"key": "x",', 1), spelled):
        found = desk.found(_packed({**files, _SIGNATURE: changed.encode()}))
        assert _SIGNATURE in {file for file, _, _ in found}


# -------------------------------------------------------------------------------------------------- floods, and what is printed
def test_a_flood_of_lines_is_not_read_on(desk: Desk) -> None:
    """Within 120 MB of memory and a few seconds: not as listed, and far larger."""
    files = _files(desk.package())
    for name in ("events.jsonl", "messages.jsonl"):
        found = desk.found(_packed({**files, name: b"\n" * 3_000_000}))
        assert (name, "-", "edited") in found and len(found) < 5


def test_findings_of_a_file_are_counted_beyond_a_hundred(desk: Desk) -> None:
    """Signed as it stands, so that only the verifier's own bounds help."""
    lines = [{"seq": n, "x": 1} for n in range(4, 700)]
    found = desk.found(desk.package(messages=lines))
    assert len(found) == verify_evidence.MOST_TOLD + 1
    assert found[-1] == ("messages.jsonl", "+596", "more")
    ran = desk.run(desk.package(messages=lines), "--language", "en")
    assert b"696 findings" in ran.stderr
    flood = desk.found(desk.package(messages=[{"no": 1}] * 50_000, events=[{}] * 50_000))
    more = {(file, where) for file, where, what in flood if what == "more"}
    assert more == {("messages.jsonl", "+900"), ("events.jsonl", "+901")}


def test_a_flood_of_seals_is_not_computed(desk: Desk) -> None:
    proof = desk.proof(*[desk.seal(7, 2)] * (verify_evidence.MOST_SEALS + 1))
    assert desk.found(desk.package(proof)) == [("proof.json", "-", "unreadable")]
    files = _files(desk.package())
    again = json.loads(files["proof.json"])
    again["seals"] *= 100
    assert desk.found(_packed({**files, "proof.json": json.dumps(again).encode()})) == [
        ("proof.json", "-", "edited")
    ]


def test_what_a_package_says_cannot_write_on_the_screen(desk: Desk) -> None:
    evil = "x\n全部相符：3 个事件\x1b[2K\u202egnp\u2028\x9b\ud800" + "a" * 5000
    row = {"seq": 1, "id": evil, "what": "none"}
    content = desk.package()
    files = _files(content)
    lines = json.dumps(row).encode() + b"\n"
    ran = desk.run(_packed({**files, "attachments.jsonl": lines}), PYTHONIOENCODING="utf-8")
    told = ran.stdout.decode()
    assert ran.returncode == 1 and told.count("\n") == 2, told
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029]", told)
    assert (
        r"x\n全部相符：3 个事件\x1b[2K\u202egnp\u2028\x9b\ud800" in told
        and max(map(len, told.splitlines())) < 500
    )
    escaped = desk.run(_packed({**files, "e\x1b[2K\u202e.txt": b""}), PYTHONIOENCODING="utf-8")
    assert b"\x1b" not in escaped.stdout + escaped.stderr and b"e\\x1b[2K\\u202e.txt" in escaped.stdout
