"""Opening a zip within bounds: how many members, how many bytes in all, none of them believed beforehand. Pure."""

import io
import zipfile
import zlib
from collections.abc import Mapping
from xml.etree.ElementTree import Element, ParseError, register_namespace, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from bihuan.privacy.documents.model import Bounds, NotReadable


def unpacked(content: bytes, bounds: Bounds) -> dict[str, bytes]:
    """Its members. Raises NotReadable."""
    members: dict[str, bytes] = {}
    left = bounds.expanded
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > bounds.members:
                raise NotReadable("too_big")
            for entry in entries:
                if entry.flag_bits & 1:
                    raise NotReadable("encrypted")
                with archive.open(entry) as file:
                    member = file.read(left + 1)
                left -= len(member)
                if left < 0:
                    raise NotReadable("too_big")
                members[entry.filename] = member
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
        raise NotReadable("broken") from error
    return members


def packed(members: Mapping[str, bytes], *, first: str = "") -> bytes:
    """A zip of these, `first` stored as it is; every member dated alike, so that nothing is told by it."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in sorted(members, key=lambda each: (each != first, each)):
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_STORED if name == first else zipfile.ZIP_DEFLATED
            archive.writestr(entry, members[name])
    return made.getvalue()


def parsed(member: bytes) -> Element:
    """An XML tree; its prefixes are kept for writing it again. No entities, no outside. Raises NotReadable."""
    root: Element | None = None
    try:
        for event, value in iterparse(io.BytesIO(member), events=("start-ns", "start")):
            if event == "start-ns":
                _register(*value)
            elif root is None:
                root = value
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise NotReadable("broken") from error
    if root is None:
        raise NotReadable("broken")
    return root


def written(root: Element) -> bytes:
    """The tree as bytes."""
    return tostring(root, encoding="UTF-8", xml_declaration=True)


def _register(prefix: str, uri: str) -> None:
    try:
        register_namespace(prefix, uri)
    except ValueError:
        return  # a prefix such as ns1 is kept for the writer's own use; it will choose one
