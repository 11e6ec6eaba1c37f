"""The key ring: private, complete, rotated without losing a former key, backed up behind a passphrase."""

import os
import threading
from pathlib import Path

import pytest

from bihuan.core import keyring
from bihuan.core.keyring import (
    PURPOSES,
    KeyRing,
    KeysExist,
    KeysMissing,
    KeysUnreadable,
    KeysUnsafe,
    UnknownKey,
    WrongPassphrase,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A fresh ring's file."""
    keyring.init(tmp_path / "keys" / "keys.json")
    return tmp_path / "keys" / "keys.json"


def test_a_fresh_ring(path: Path) -> None:
    ring = KeyRing(path)
    assert {k.purpose for k in ring.all()} == set(PURPOSES)
    assert len({k.secret for k in ring.all()}) == len(PURPOSES)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o077 == 0
    assert ring.active("mac").tag == "hmac-sha256:mac-1"
    with pytest.raises(KeysExist):
        keyring.init(path)


def test_rotation_keeps_what_was(path: Path) -> None:
    ring = KeyRing(path)
    before = {p: ring.active(p) for p in PURPOSES}
    fresh = {k.purpose: k for k in keyring.rotate(path)}
    ring.reload()
    assert fresh.keys() == set(PURPOSES) - {"number"}, "a permutation's key stays for ever"
    for purpose, key in before.items():
        assert ring.by_tag(key.tag) == key
        assert ring.active(purpose) == fresh.get(purpose, key)
    assert [k.id for k in ring.all("mac")] == ["mac-1", "mac-2"]


def test_rotations_at_once_lose_nothing(path: Path) -> None:
    threads = [threading.Thread(target=keyring.rotate, args=(path,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [k.id for k in KeyRing(path).all("mac")] == [f"mac-{n}" for n in range(1, 10)]


def test_a_key_of_another_process_is_found_by_its_tag(path: Path) -> None:
    ring = KeyRing(path)
    tag = next(k.tag for k in keyring.rotate(path) if k.purpose == "wrap")
    assert ring.by_tag(tag).tag == tag
    with pytest.raises(UnknownKey):
        ring.by_tag("aes-256-gcm:wrap-99")


def test_what_others_can_read_is_refused(path: Path) -> None:
    path.chmod(0o640)
    with pytest.raises(KeysUnsafe):
        KeyRing(path)


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(KeysMissing):
        KeyRing(tmp_path / "none.json")
    lenient = KeyRing(tmp_path / "none.json", lenient=True)
    with pytest.raises(KeysMissing):
        lenient.active("mac")
    keyring.init(tmp_path / "none.json")
    assert lenient.active("mac").purpose == "mac"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"version": 2, "keys": []}', b'{"version": 1, "keys": []}', b"\xff"])  # fmt: skip
def test_damaged(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(KeysUnreadable):
        KeyRing(path)


def test_backup_and_restore(path: Path, tmp_path: Path) -> None:
    secrets = {k.secret for k in KeyRing(path).all()}
    target, back = tmp_path / "backup", tmp_path / "back" / "keys.json"
    keyring.backup(path, target, "正确的口令")
    assert target.stat().st_mode & 0o777 == 0o600
    assert not any(secret in target.read_bytes() for secret in secrets)
    with pytest.raises(KeysExist):
        keyring.backup(path, target, "again")
    with pytest.raises(WrongPassphrase):
        keyring.restore(target, back, "wrong")
    assert not back.exists()
    assert {k.secret for k in keyring.restore(target, back, "正确的口令").all()} == secrets
    with pytest.raises(KeysExist):
        keyring.restore(target, back, "正确的口令")


@pytest.mark.parametrize("damage", [b"", b"{}", b'{"salt": "eA==", "nonce": 1, "ring": "x"}', b"\xff\x00"])
def test_a_damaged_backup(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "backup").write_bytes(damage)
    with pytest.raises(WrongPassphrase):
        keyring.restore(tmp_path / "backup", tmp_path / "keys.json", "x")


def test_a_fingerprint_tells_nothing(path: Path) -> None:
    for key in KeyRing(path).all():
        shown = keyring.fingerprint(key)
        assert len(shown) == 16
        assert shown not in (key.secret.hex(), key.secret[:8].hex())


def test_no_half_written_file_is_left(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", full)
    before = path.read_bytes()
    with pytest.raises(OSError, match="disk full"):
        keyring.rotate(path)
    assert path.read_bytes() == before
