"""From a document's bytes to its redacted copy, by what it is. Runs in a process of its own (`child`)."""

import re
from functools import partial

from bihuan.privacy.documents import office, pdf, picture, plain, sheet
from bihuan.privacy.documents.model import Bounds, Copy, NotReadable, Reason
from bihuan.privacy.documents.reading import reader
from bihuan.privacy.documents.schema import KEPT, XLSX

#: Kinds that are kept and not read.
_UNREAD: tuple[tuple[str, Reason], ...] = (
    (r"application/(?:zip|x-7z.*|vnd\.rar|gzip)", "archive"),
    (r"application/(?:msword|vnd\.ms-.*)", "old_office"),
    (r"audio/.*|video/.*", "sound"),
    (r"image/heic", "format"),
)


def redact(content: bytes, content_type: str, bounds: Bounds) -> Copy:
    """The redacted copy. Raises NotReadable."""
    for pattern, reason in _UNREAD:
        if re.fullmatch(pattern, content_type):
            raise NotReadable(reason)
    read = reader() if bounds.ocr else None
    if content_type == "application/pdf":
        return pdf.redact(content, bounds, read)
    if content_type.startswith("image/"):
        return picture.redact(content, bounds, read)
    if content_type == XLSX:
        return sheet.redact(content, bounds)
    if content_type in KEPT:
        own = partial(picture.redact, bounds=bounds, read=read)
        return office.redact(content, content_type, bounds, None if read is None else own)
    if content_type == "text/plain":
        return plain.redact(content)
    raise NotReadable("format")
