"""The key ring: one file (0600) outside the database, with a key per purpose and every former one.

Each MAC, ciphertext, index and signature names the key and algorithm it was made by (`hmac-sha256:mac-1`), so keys
rotate without anything being written anew, and other algorithms (SM3, SM4) can join beside these.
"""

import base64
import fcntl
import hashlib
import json
import os
import secrets
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bihuan.core import clock
from bihuan.core.problems import Problem

Purpose = Literal["mac", "wrap", "index", "sign", "number"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
ALGORITHMS: dict[Purpose, str] = {
    "mac": "hmac-sha256",
    "wrap": "aes-256-gcm",
    "index": "hmac-sha256",
    "sign": "ed25519",
    "number": "feistel-hmac-sha256",
}
#: A ticket number must never come twice, so the permutation's key stays for ever.
_NEVER_ROTATED = frozenset({"number"})
_SCRYPT = {"n": 2**15, "r": 8, "p": 1, "maxmem": 128 * 1024 * 1024}


class KeysMissing(Problem):
    """There is no key ring at {path}; make one by `bihuan keys init`, or restore a backup."""

    status = 503
    zh = "{path} 没有密钥环，请用 `bihuan keys init` 创建，或恢复备份。"


class KeysUnsafe(Problem):
    """The key ring {path} can be read by others; set its mode to 0600."""

    status = 503
    zh = "密钥环 {path} 可被他人读取，请将权限设为 0600。"


class KeysExist(Problem):
    """There is a key ring at {path} already; `bihuan keys rotate` adds keys to it."""

    status = 409
    zh = "{path} 已有密钥环；如需新密钥请用 `bihuan keys rotate`。"


class KeysUnreadable(Problem):
    """The key ring {path} is damaged: {reason}. Restore it from a backup."""

    status = 503
    zh = "密钥环 {path} 已损坏：{reason}。请从备份恢复。"


class WrongPassphrase(Problem):
    """The passphrase does not open this backup, or the backup is damaged."""

    zh = "口令无法打开此备份，或备份已损坏。"


class UnknownKey(Problem):
    """The key {tag} is not on the ring."""

    status = 500
    zh = "密钥环上没有密钥 {tag}。"


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """One key. `secret` is 32 random bytes (for Ed25519 the private seed)."""

    id: str
    purpose: Purpose
    algorithm: str
    secret: bytes
    created_at: datetime

    @property
    def tag(self) -> str:
        """What stands beside all that this key made: algorithm and id."""
        return f"{self.algorithm}:{self.id}"


class _File(msgspec.Struct, frozen=True, kw_only=True):
    version: Literal[1]
    keys: list[Key]


class KeyRing:
    """The keys of one file, read when it changes. Every process of a desk shares the file."""

    def __init__(self, path: Path, *, lenient: bool = False, subject_keys: str = "") -> None:
        """`lenient`: a server starts without its keys, says so on /ready, and refuses whatever needs one.

        `subject_keys`: where the keys of persons are kept, which this ring wraps; empty: subject-keys.db beside it.
        """
        self.path = path
        self.subject_keys = subject_keys or str(path.with_name("subject-keys.db"))
        self._stamp: tuple[int, int] | None = None
        self._by_tag: dict[str, Key] = {}
        self._active: dict[Purpose, Key] = {}
        try:
            self.reload()
        except KeysMissing:
            if not lenient:
                raise

    def reload(self) -> None:
        """Read the file if it changed. Raises KeysMissing, KeysUnsafe, KeysUnreadable."""
        try:
            state = self.path.stat()
        except FileNotFoundError as error:
            raise KeysMissing(path=str(self.path)) from error
        if (state.st_mtime_ns, state.st_ino) == self._stamp:
            return
        if state.st_mode & 0o077:
            raise KeysUnsafe(path=str(self.path))
        self._take(_read(self.path))
        self._stamp = (state.st_mtime_ns, state.st_ino)

    def active(self, purpose: Purpose) -> Key:
        """The key new things are made by. Raises KeysMissing where a lenient ring has none yet."""
        if not self._active:
            self.reload()
        return self._active[purpose]

    def by_tag(self, tag: str) -> Key:
        """The key something was made by. Raises UnknownKey."""
        if tag not in self._by_tag:
            self.reload()
        try:
            return self._by_tag[tag]
        except KeyError:
            raise UnknownKey(tag=tag) from None

    def all(self, purpose: Purpose | None = None) -> list[Key]:
        """Every key, oldest first; of one purpose if given."""
        return [k for k in self._by_tag.values() if purpose in (None, k.purpose)]

    def _take(self, file: _File) -> None:
        self._by_tag = {k.tag: k for k in file.keys}
        self._active = {k.purpose: k for k in file.keys}  # the last of each purpose wins
        if missing := set(PURPOSES) - self._active.keys():
            raise KeysUnreadable(path=str(self.path), reason=f"no key for {', '.join(sorted(missing))}")


def init(path: Path) -> KeyRing:
    """Make a ring with one key per purpose. Raises KeysExist."""
    if path.exists():
        raise KeysExist(path=str(path))
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write(path, [_new_key(p, 1) for p in PURPOSES])
    return KeyRing(path)


def rotate(path: Path) -> list[Key]:
    """Add a fresh key to each purpose that may rotate; former ones stay to verify and open. Returns the new keys."""
    with _locked(path):
        file = _read(path)
        fresh = [
            _new_key(p, 1 + sum(k.purpose == p for k in file.keys))
            for p in PURPOSES
            if p not in _NEVER_ROTATED
        ]
        _write(path, [*file.keys, *fresh])
    return fresh


def backup(path: Path, target: Path, passphrase: str) -> None:
    """Write the ring, encrypted by the passphrase (scrypt, AES-256-GCM), to a new file (0600)."""
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    key = hashlib.scrypt(passphrase.encode(), salt=salt, dklen=32, **_SCRYPT)
    sealed = AESGCM(key).encrypt(nonce, path.read_bytes(), b"bihuan-keys-1")
    body = {
        "bihuan_keys_backup": 1,
        **{k: base64.b64encode(v).decode() for k, v in (("salt", salt), ("nonce", nonce), ("ring", sealed))},
    }
    _write_bytes(target, json.dumps(body).encode(), new=True)


def restore(source: Path, path: Path, passphrase: str) -> KeyRing:
    """Put a backup back where no ring is. Raises KeysExist, WrongPassphrase."""
    if path.exists():
        raise KeysExist(path=str(path))
    try:
        body = json.loads(source.read_bytes())
        salt, nonce, sealed = (base64.b64decode(body[k]) for k in ("salt", "nonce", "ring"))
        key = hashlib.scrypt(passphrase.encode(), salt=salt, dklen=32, **_SCRYPT)
        plain = AESGCM(key).decrypt(nonce, sealed, b"bihuan-keys-1")
    except (ValueError, KeyError, TypeError, InvalidTag) as error:
        raise WrongPassphrase from error
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write_bytes(path, plain, new=True)
    return KeyRing(path)


def fingerprint(key: Key) -> str:
    """What may be shown of a key: the public key's or the secret's SHA-256, 16 hex digits."""
    public = public_key(key) if key.purpose == "sign" else b"bihuan-fingerprint" + key.secret
    return hashlib.sha256(public).hexdigest()[:16]


def public_key(key: Key) -> bytes:
    """The raw 32-byte Ed25519 public key of a signing key."""
    private = Ed25519PrivateKey.from_private_bytes(key.secret)
    return private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def _new_key(purpose: Purpose, number: int) -> Key:
    return Key(
        id=f"{purpose}-{number}",
        purpose=purpose,
        algorithm=ALGORITHMS[purpose],
        secret=secrets.token_bytes(32),
        created_at=clock.now(),
    )


def _read(path: Path) -> _File:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_File)
    except FileNotFoundError as error:
        raise KeysMissing(path=str(path)) from error
    except msgspec.DecodeError as error:
        raise KeysUnreadable(path=str(path), reason="not a key ring file") from error


def _write(path: Path, keys: list[Key]) -> None:
    _write_bytes(path, msgspec.json.format(msgspec.json.encode(_File(version=1, keys=keys))), new=False)


def _write_bytes(path: Path, content: bytes, *, new: bool) -> None:
    """Write whole or not at all: a new file, synced, renamed over the old one, mode 0600."""
    if new and path.exists():
        raise KeysExist(path=str(path))
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


class _locked:  # noqa: N801 - reads as a verb: with _locked(path)
    """Two rotations at once would lose one another's keys."""

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(f".{path.name}.lock")

    def __enter__(self) -> None:
        self._file = self._path.open("w")
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        self._file.close()
