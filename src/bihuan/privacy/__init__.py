"""Personal data: found, masked, protected, opened for a reason, and erased.

Owns the vault and what counts as personal. Promises that no clear card, ID, phone, name, address or account of a
customer stands in any row, index, log or prompt. Refuses to keep CVV, PIN and one-time codes in any form.
"""

from bihuan.privacy.files import path_of as file_path
from bihuan.privacy.files import read as read_file
from bihuan.privacy.files import write as write_file
from bihuan.privacy.mask import mask_text, mask_value
from bihuan.privacy.protect import ProtectedText, Protector, ValueRef, masks_only, normalise
from bihuan.privacy.vault import (
    CIPHER,
    NotOpened,
    Opened,
    Shredded,
    Subject,
    blind_index,
    blind_indexes,
    file_key,
    find_subject,
    new_subject,
    open_secret,
    open_value,
    seal_secret,
    unwrapped,
)

__all__ = [
    "CIPHER",
    "NotOpened",
    "Opened",
    "ProtectedText",
    "Protector",
    "Shredded",
    "Subject",
    "ValueRef",
    "blind_index",
    "blind_indexes",
    "file_key",
    "file_path",
    "find_subject",
    "mask_text",
    "mask_value",
    "masks_only",
    "new_subject",
    "normalise",
    "open_secret",
    "open_value",
    "read_file",
    "seal_secret",
    "unwrapped",
    "write_file",
]
