"""Copies of texts: plain, CSV, JSON as they stand; mails and pages as what a reader sees of them. Pure."""

import email
import email.policy
import re
from email.message import EmailMessage

from inscriptis import get_text  # pyright: ignore[reportMissingTypeStubs]

from bihuan.privacy.documents.model import Copy, NotReadable
from bihuan.privacy.documents.pieces import Piece, mask

_BOMS = (("\ufeff".encode(), "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_MAIL = re.compile(r"(?:^|\n)(?:from|received|return-path|mime-version|message-id)\s?:", re.IGNORECASE)
_PAGE = re.compile(r"<\s*(?:!doctype\s+html|html|head|body|table|div|p)\b", re.IGNORECASE)
_HEADERS = ("from", "to", "cc", "date", "subject")
_HEAD = 4096


def redact(content: bytes) -> Copy:
    """A masked text. Raises NotReadable."""
    text = decoded(content)
    if _MAIL.search(text[:_HEAD]) and "\n\n" in text.replace("\r\n", "\n"):
        text = _mail(content)
    elif _PAGE.search(text[:_HEAD]):
        text = _page(text)
    (masked,), findings = mask([Piece(text=text)])
    return Copy(content=masked.encode("utf-8", "replace"), content_type="text/plain", findings=dict(findings))


def decoded(content: bytes) -> str:
    """The text, by its mark or by what fits. Raises NotReadable."""
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise NotReadable("format")


def _mail(content: bytes) -> str:
    message = email.message_from_bytes(content, policy=email.policy.default)
    lines = [f"{name.title()}: {message[name]}" for name in _HEADERS if message[name]]
    for part in message.walk():
        lines += ["", *_part(part)]
    return "\n".join(lines)


def _part(part: EmailMessage) -> list[str]:
    if part.is_multipart():
        return []
    name = part.get_filename()
    if name or part.get_content_maintype() != "text":
        return [f"[{name or part.get_content_type()}]"]
    try:
        text = str(part.get_content())
    except (LookupError, ValueError):
        payload = part.get_payload(decode=True)
        text = decoded(payload) if isinstance(payload, bytes) else ""
    return [_page(text) if part.get_content_subtype() == "html" else text]


def _page(text: str) -> str:
    try:
        return str(get_text(text))
    except (ValueError, AssertionError) as error:
        raise NotReadable("broken") from error
