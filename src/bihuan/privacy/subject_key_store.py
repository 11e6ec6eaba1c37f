"""Which store of subjects' keys belongs to a key ring."""

import os
from pathlib import Path

from bihuan.core.keyring import KeyRing
from bihuan.privacy.subject_keys import KeyStore
from bihuan.privacy.subject_keys_sqlite import SqliteKeys

_stores: dict[tuple[int, str], KeyStore] = {}


def store_of(ring: KeyRing) -> KeyStore:
    """The store beside this ring; opened at its first use in each process: no connection crosses a fork."""
    at = (os.getpid(), ring.subject_keys)
    if at not in _stores:
        _stores[at] = SqliteKeys(Path(ring.subject_keys))
    return _stores[at]
