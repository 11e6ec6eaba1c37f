"""Personal data: found, masked, protected, opened for a reason, and erased.

Owns the vault, each person's key, and what counts as personal. Promises that no clear card, ID, phone, name, address or
account of a customer stands in any row, index, log or prompt, that a person's words stand sealed, and that all of it is
gone with their key. Refuses to keep CVV, PIN and one-time codes in any form.
"""

from bihuan.privacy import erase, key_sweep, legal_holds, retention, texts
from bihuan.privacy.documents import (
    ODP,
    ODS,
    ODT,
    Bounds,
    Copy,
    NotReadable,
    Reason,
    read_apart,
    without_secrets,
)
from bihuan.privacy.erase import Erase, Erasure, Ground, Keep, Leaving, forgets, keeps, reaches, removes
from bihuan.privacy.files import path_of as file_path
from bihuan.privacy.files import read as read_file
from bihuan.privacy.files import write as write_file
from bihuan.privacy.forms import normalise
from bihuan.privacy.kept_out import keep_out, personal_texts
from bihuan.privacy.legal_holds import PERSON_HOLD, Held, Hold, PlaceHold
from bihuan.privacy.legal_holds import Ground as HoldGround
from bihuan.privacy.mask import mask_text, mask_value
from bihuan.privacy.protect import ProtectedText, Protector, SpanRow, ValueRef, masks_only
from bihuan.privacy.released import TOPIC as RELEASED_TOPIC
from bihuan.privacy.released import clear_values as released_values
from bihuan.privacy.released import forget as forget_released
from bihuan.privacy.released import known as released_numbers
from bihuan.privacy.retention import RETENTION_MANAGE, OwnProposal, Rule, RuleState, SetRule
from bihuan.privacy.retention import Note as RetentionNote
from bihuan.privacy.retention_classes import Keeps, RecordClass
from bihuan.privacy.retention_classes import class_of as record_class_of
from bihuan.privacy.retention_classes import classes as record_classes
from bihuan.privacy.retention_time import Term, Unit, begin_of, cutoff, day_of, last_day
from bihuan.privacy.scanner import Scanner, ScannerAway, scanner_of
from bihuan.privacy.spans import is_secret
from bihuan.privacy.subject_key_store import store_of as key_store
from bihuan.privacy.texts import Gone, Sealed, gone_words, is_gone
from bihuan.privacy.vault import (
    CIPHER,
    Ciphertext,
    KeyLost,
    NoKey,
    NotOpened,
    Opened,
    Shredded,
    Subject,
    add_subject,
    blind_index,
    blind_indexes,
    file_key,
    find_subject,
    find_subjects,
    masks,
    must_subject,
    new_subject,
    open_secret,
    open_value,
    seal_secret,
)

__all__ = [
    "CIPHER",
    "ODP",
    "ODS",
    "ODT",
    "PERSON_HOLD",
    "RELEASED_TOPIC",
    "RETENTION_MANAGE",
    "Bounds",
    "Ciphertext",
    "Copy",
    "Erase",
    "Erasure",
    "Gone",
    "Ground",
    "Held",
    "Hold",
    "HoldGround",
    "Keep",
    "Keeps",
    "KeyLost",
    "Leaving",
    "NoKey",
    "NotOpened",
    "NotReadable",
    "Opened",
    "OwnProposal",
    "PlaceHold",
    "ProtectedText",
    "Protector",
    "Reason",
    "RecordClass",
    "RetentionNote",
    "Rule",
    "RuleState",
    "Scanner",
    "ScannerAway",
    "Sealed",
    "SetRule",
    "Shredded",
    "SpanRow",
    "Subject",
    "Term",
    "Unit",
    "ValueRef",
    "add_subject",
    "begin_of",
    "blind_index",
    "blind_indexes",
    "cutoff",
    "day_of",
    "erase",
    "file_key",
    "file_path",
    "find_subject",
    "find_subjects",
    "forget_released",
    "forgets",
    "gone_words",
    "is_gone",
    "is_secret",
    "keep_out",
    "keeps",
    "key_store",
    "key_sweep",
    "last_day",
    "legal_holds",
    "mask_text",
    "mask_value",
    "masks",
    "masks_only",
    "must_subject",
    "new_subject",
    "normalise",
    "open_secret",
    "open_value",
    "personal_texts",
    "reaches",
    "read_apart",
    "read_file",
    "record_class_of",
    "record_classes",
    "released_numbers",
    "released_values",
    "removes",
    "retention",
    "scanner_of",
    "seal_secret",
    "texts",
    "without_secrets",
    "write_file",
]
