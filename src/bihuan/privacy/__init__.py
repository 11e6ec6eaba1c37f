"""Personal data: found, masked, protected, opened for a reason, and erased.

Owns the vault and what counts as personal. Promises that no clear card, ID, phone, name, address or account of a
customer stands in any row, index, log or prompt. Refuses to keep CVV, PIN and one-time codes in any form.
"""

from bihuan.privacy import files, vault
from bihuan.privacy.mask import mask_text, mask_value
from bihuan.privacy.protect import ProtectedText, Protector, ValueRef, masks_only, normalise
from bihuan.privacy.vault import (
    Opened,
    Subject,
    blind_indexes,
    file_key,
    find_subject,
    new_subject,
    open_value,
)

__all__ = [
    "Opened",
    "ProtectedText",
    "Protector",
    "Subject",
    "ValueRef",
    "blind_indexes",
    "file_key",
    "files",
    "find_subject",
    "mask_text",
    "mask_value",
    "masks_only",
    "new_subject",
    "normalise",
    "open_value",
    "vault",
]
