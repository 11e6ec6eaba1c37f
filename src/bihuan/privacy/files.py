"""Attachments' bytes on disk: encrypted in chunks, named by id, synced before their row commits.

Format: chunks of 64 KiB, each AES-256-GCM with the chunk's number as nonce and "more"/"last" as bound data, so that a
chunk cannot be dropped, repeated or moved. The key is the file's own.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bihuan.privacy.vault import NotOpened

_CHUNK = 65_536
_TAG = 16


def path_of(folder: Path, tenant_id: UUID, file_id: UUID) -> Path:
    """Where a file lies: two levels, so that no folder grows without end."""
    name = file_id.hex
    return folder / tenant_id.hex / name[-2:] / name


def write(folder: Path, tenant_id: UUID, file_id: UUID, *, key: bytes, content: bytes) -> Path:
    """Encrypt and write, synced, whole or not at all. Returns its path."""
    path = path_of(folder, tenant_id, file_id)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_suffix(".part")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        for piece in _sealed(key, content):
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    return path


def read(path: Path, key: bytes) -> bytes:
    """Read and decrypt. Raises NotOpened where a byte was changed, FileNotFoundError where it is gone."""
    cipher = AESGCM(key)
    pieces: list[bytes] = []
    size = path.stat().st_size
    with path.open("rb") as file:
        for number in range(max(1, -(-size // (_CHUNK + _TAG)))):
            chunk = file.read(_CHUNK + _TAG)
            try:
                pieces.append(
                    cipher.decrypt(_nonce(number), chunk, b"more" if file.tell() < size else b"last")
                )
            except InvalidTag as error:
                raise NotOpened from error
    return b"".join(pieces)


def _sealed(key: bytes, content: bytes) -> Iterator[bytes]:
    cipher = AESGCM(key)
    count = max(1, -(-len(content) // _CHUNK))
    for number in range(count):
        chunk = content[number * _CHUNK : (number + 1) * _CHUNK]
        yield cipher.encrypt(_nonce(number), chunk, b"last" if number == count - 1 else b"more")


def _nonce(number: int) -> bytes:
    """A counter is safe: the key is this file's alone and a file is written once."""
    return number.to_bytes(12, "big")
