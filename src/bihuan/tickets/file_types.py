"""What a file is, by its content, and under which name it may be given out. Pure.

Nothing here believes what a file is called or what its sender says of it.
"""

import re
import unicodedata
from urllib.parse import quote

import puremagic

from bihuan import privacy
from bihuan.privacy import ODP, ODS, ODT, Protector

#: What may be kept, by content. Anything else is kept too, but only by doors that must lose nothing, as plain bytes.
_ALLOWED = {
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".jfif": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".bmp": "image/bmp",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".heic": "image/heic",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".odt": ODT,
    ".ods": ODS,
    ".odp": ODP,
    ".doc": "application/msword",
    ".xls": "application/vnd.ms-excel",
    ".zip": "application/zip",
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".amr": "audio/amr",
    ".mp4": "video/mp4",
}
UNKNOWN = "application/octet-stream"
#: End of a copy's name where the original's does not fit what it has become.
_ENDS = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg", "text/plain": "txt"}
_ALIKE = {"jpg": "jpeg"}
#: Ends by which people and programs know what a file is.
_PROMISES = frozenset((
    "bmp", "doc", "docx", "eml", "gif", "heic", "jpeg", "jpg", "odp", "ods", "odt", "pdf", "png", "pptx", "tif", "tiff",
    "webp", "xls", "xlsx", "zip",
))  # fmt: skip
#: Starts of files that a computer would run or a browser would act on; never taken, whatever they are called.
_ACTIVE = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe")
_MARKUP = re.compile(
    rb"<\s*(?:!doctype\s+html|html|head|body|script|svg|iframe|object|embed|\?xml)\b", re.IGNORECASE
)
#: Ends of names by which a computer runs a file or opens it with rights, whatever is in it.
_ACTED_ON = frozenset((
    "app", "apk", "bat", "chm", "cmd", "com", "cpl", "dmg", "docm", "dotm", "exe", "gadget", "hta", "htm",
    "html", "inf", "iso", "jar", "js", "jse", "lnk", "mht", "mhtml", "msc", "msi", "msix", "pif", "pptm",
    "ps1", "psm1", "py", "pyw", "reg", "scf", "scr", "sh", "svg", "url", "vb", "vbe", "vbs", "ws", "wsf",
    "wsh", "xhtml", "xlsm", "xml", "xltm",
))  # fmt: skip
_RESERVED = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')


def content_type_of(content: bytes) -> str | None:
    """The type by content; None where it may not be kept. Text is text, whatever its name promises."""
    head = content[:4096]
    if head.startswith(_ACTIVE):
        return None
    try:
        found = str(puremagic.from_string(content[:65_536]))  # pyright: ignore[reportUnknownMemberType]
    except (puremagic.PureError, ValueError):
        found = ""
    if found in (".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".zip", ".jar", ".apk"):
        return _zipped(content)
    if found in _ALLOWED:
        return _ALLOWED[found]
    if _MARKUP.search(head):
        return None
    return "text/plain" if _is_text(head) else None


def download_name(name: str, content_type: str) -> str:
    """The name with an end that a computer does not act on: `invoice.pdf.js` is text and is called so."""
    if name.rpartition(".")[2].lower() not in _ACTED_ON:
        return name
    return f"{name[:116]}.txt" if content_type == "text/plain" else f"{name[:116]}.bin"


def copy_name(name: str, content_type: str) -> str:
    """The name of a copy: the original's, with another end where that promises what the copy is not."""
    stem, dot, was = name.rpartition(".")
    end = _ENDS.get(content_type)
    if end is None or not dot or was.lower() not in _PROMISES or was.lower() in (end, _ALIKE.get(end)):
        return name
    return f"{stem}.{end}"


def download_headers(name: str) -> dict[str, str]:
    """How a file goes out: always as a download, never as something a browser acts on."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_")
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='-._~')}"
    return {"content-disposition": disposition, "content-security-policy": "sandbox; default-src 'none'"}


def safe_name(name: str, protector: Protector | None = None) -> str:
    """A name that is safe on every system and shows nobody's numbers: at most 120 characters, never empty."""
    flat = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode())
    # Characters that turn the reading direction hide an extension: "fdp.exe" shown as "exe.pdf".
    flat = "".join(c for c in flat if unicodedata.category(c) not in ("Cf", "Cc", "Cs", "Co"))
    flat = _RESERVED.sub("_", flat.rsplit("/", 1)[-1].rsplit("\\", 1)[-1]).strip(" .")
    masked = (protector.plain(flat) if protector else privacy.mask_text(flat).text).replace("*", "x")
    if len(masked) > 120:
        stem, dot, suffix = masked.rpartition(".")
        masked = (stem[: 120 - len(suffix) - 1] + dot + suffix) if dot and len(suffix) < 12 else masked[:120]
    return masked or "file"


def _zipped(content: bytes) -> str | None:
    """Office files are zips; told apart by what is inside. Programs in a zip's clothes are not taken."""
    for mark, suffix in ((b"word/", ".docx"), (b"xl/", ".xlsx"), (b"ppt/", ".pptx")):
        if mark in content and b"[Content_Types].xml" in content:
            return None if b"vbaProject.bin" in content else _ALLOWED[suffix]
    if content[30:].startswith(b"mimetypeapplication/vnd.oasis.opendocument."):
        named = content[38:120].partition(b"PK")[0].decode("ascii", "replace")
        return named if named in (ODT, ODS, ODP) else None
    return None if b"META-INF/MANIFEST.MF" in content else _ALLOWED[".zip"]


def _is_text(head: bytes) -> bool:
    if b"\x00" in head:
        return False
    for encoding in ("utf-8", "gb18030"):
        try:
            head[: len(head) - 4 if len(head) == 4096 else None].decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False
