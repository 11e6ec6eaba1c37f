"""The evidence package: a ZIP whose every file is named in a signed manifest, so that anybody can check it offline.

    package = Package(file)
    package.add("events.jsonl", lines)            # bytes, in pieces; counted and hashed as they pass
    package.finish(about, ring.active("sign"))    # manifest.json and signature.json, last
Order and time stamps of the entries are fixed. What a package is checked by is `verify_evidence.py`, which is given apart.
"""

import hashlib
import zipfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import IO
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bihuan.core.keyring import Key, public_key
from bihuan.evidence.chain import canonical

SCHEMA = 1
MANIFEST, SIGNATURE = "manifest.json", "signature.json"
#: What the signature is over, before the manifest's bytes: a seal's signature can never be one of these.
SIGNED = b"bihuan-package-1\n"
#: The stand-alone verifier: given beside packages, never inside them.
VERIFIER = Path(__file__).with_name("verify_evidence.py")
#: ZIP knows no time before this.
_THE_SAME_TIME = (1980, 1, 1, 0, 0, 0)
_REGULAR_FILE = 0o100644 << 16


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a package is of, who made it and when."""

    tenant: UUID
    desk: str
    stream: str
    ticket: str
    events: int
    made_by: UUID
    made_by_name: str
    made_at: datetime
    language: str
    tool: str


class Packed(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the package: size in bytes, SHA-256 in hex."""

    path: str
    size: int
    sha256: str


class Manifest(About, frozen=True, kw_only=True):
    """`manifest.json`."""

    schema: int
    files: list[Packed]


class Package:
    """A package being written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, allowZip64=True)
        self._files: list[Packed] = []

    def add(self, path: str, pieces: Iterable[bytes]) -> Packed:
        """Write a file. Returns what the manifest will say of it."""
        size, digest = 0, hashlib.sha256()
        with self._zip.open(_entry(path), "w") as entry:
            for piece in pieces:
                entry.write(piece)
                digest.update(piece)
                size += len(piece)
        packed = Packed(path=path, size=size, sha256=digest.hexdigest())
        self._files.append(packed)
        return packed

    def add_text(self, path: str, text: str) -> Packed:
        """Write a text, UTF-8."""
        return self.add(path, [text.encode()])

    def add_json(self, path: str, value: object) -> Packed:
        """Write a value as JSON for people's eyes: members sorted, indented."""
        return self.add(path, [_shown(value)])

    def add_lines(self, path: str, values: Iterable[object]) -> Packed:
        """Write values as JSON, a line each."""
        return self.add(path, (canonical(value).encode() + b"\n" for value in values))

    def finish(self, about: About, key: Key) -> None:
        """Write manifest and signature, and end the ZIP."""
        told = {name: getattr(about, name) for name in About.__struct_fields__}
        manifest = _shown(Manifest(schema=SCHEMA, files=self._files, **told))
        signature = Ed25519PrivateKey.from_private_bytes(key.secret).sign(SIGNED + manifest)
        public = public_key(key)
        self.add(MANIFEST, [manifest])
        self.add_json(
            SIGNATURE,
            {
                "fingerprint": fingerprint(key),
                "key": key.tag,
                "public_key": public.hex(),
                "signature": signature.hex(),
            },
        )
        self._zip.close()


def fingerprint(key: Key) -> str:
    """What a signing key is known by: SHA-256 of the raw public key, 64 hex digits."""
    return hashlib.sha256(public_key(key)).hexdigest()


def _entry(path: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, _THE_SAME_TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = _REGULAR_FILE
    entry.create_system = 3
    return entry


def _shown(value: object) -> bytes:
    return msgspec.json.format(canonical(value).encode(), indent=1) + b"\n"
