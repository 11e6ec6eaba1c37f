"""Copies of word processors' and slides' files (docx, pptx, odt, ods, odp): what a reader sees, masked; nothing else.

Kept are the parts that are shown. Comments, revisions, properties, macros, embedded objects, speaker's notes, custom
data and links outwards are dropped. Every text and every attribute of what is kept goes through detection.
"""

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple
from xml.etree.ElementTree import Element

from bihuan.privacy.documents.model import Bounds, Copy, NotReadable
from bihuan.privacy.documents.packed import packed, parsed, unpacked, written
from bihuan.privacy.documents.pieces import Piece, mask
from bihuan.privacy.documents.schema import (
    AFTER,
    ATTRIBUTES,
    COMPATIBILITY,
    CONTENT_TYPES,
    DROPPED,
    KEPT,
    LINKS,
    MANIFEST,
    RELATIONS,
    TARGETS,
    UNWRAPPED,
)

#: A picture's bytes and its name in; the picture without what was found, and how often each kind was, out.
Picture = Callable[[bytes], Copy]
_RELATION = f"{{{RELATIONS}}}"
#: An attribute worth looking at: numbers are measures and colours unless they are long; words are words.
_TELLING = re.compile(r"[0-9]{3}.*[0-9]{3}|[^\x00-\x7f]|@| ", re.DOTALL)


class _Slot(NamedTuple):
    element: Element
    tail: bool
    after: str


class _Package:
    def __init__(self, members: dict[str, bytes], kept: re.Pattern[str], picture: Picture | None) -> None:
        self.members = {name: member for name, member in members.items() if kept.fullmatch(name)}
        self.picture = picture
        self.found: Counter[str] = Counter()
        self.left_out = 0

    def pictures(self) -> None:
        """Each picture without what stands in it; one that cannot be read is left out."""
        for name in [n for n in self.members if re.search(r"(?:^|/)(?:media|Pictures)/", n)]:
            try:
                if self.picture is None:
                    raise NotReadable("no_ocr")
                copy = self.picture(self.members[name])
            except NotReadable:
                del self.members[name]
                self.left_out += 1
                continue
            self.members[name] = copy.content
            self.found.update(copy.findings)

    def relations(self) -> None:
        """Only bonds to what is still here."""
        for name in [n for n in self.members if n.endswith(".rels")]:
            folder = posixpath.dirname(posixpath.dirname(name))
            root = parsed(self.members[name])
            for bond in list(root):
                target = bond.get("Target", "")
                path = target[1:] if target.startswith("/") else posixpath.join(folder, target)
                outwards = bond.get("TargetMode") == "External"
                if outwards or posixpath.normpath(path) not in self.members:
                    root.remove(bond)
            self.members[name] = written(root)

    def bonds_of(self, part: str) -> frozenset[str]:
        """What a part may point to: ids of its bonds, and in OpenDocument the members themselves."""
        if "mimetype" in self.members:
            return frozenset(self.members)
        folder, name = posixpath.split(part)
        rels = self.members.get(f"{folder}/_rels/{name}.rels".lstrip("/"))
        return frozenset(bond.get("Id", "") for bond in parsed(rels)) if rels else frozenset()

    def parts(self) -> None:
        """Every part that holds words."""
        for name in sorted(self.members):
            if not name.endswith(".xml") or name in (CONTENT_TYPES, MANIFEST):
                continue
            root = parsed(self.members[name])
            _clean(root, self.bonds_of(name), _ignorable(root))
            self.found.update(mask_tree(root))
            self.members[name] = written(root)

    def listed(self, list_: str, member: str) -> None:
        """The package's own list without what was dropped."""
        root = parsed(self.members[list_])
        for entry in list(root):
            named = next((v for k, v in entry.attrib.items() if k.endswith(member)), None)
            if named is not None and named != "/" and named.lstrip("/") not in self.members:
                root.remove(entry)
        self.members[list_] = written(root)


def redact(content: bytes, content_type: str, bounds: Bounds, picture: Picture | None) -> Copy:
    """The masked copy. Raises NotReadable."""
    package = _Package(unpacked(content, bounds), KEPT[content_type], picture)
    odf = "mimetype" in package.members
    list_, member = (MANIFEST, "full-path") if odf else (CONTENT_TYPES, "PartName")
    if list_ not in package.members:
        raise NotReadable("broken")
    if b"encryption-data" in package.members[list_]:
        raise NotReadable("encrypted")
    package.pictures()
    package.relations()
    package.parts()
    package.listed(list_, member)
    return Copy(
        content=packed(package.members, first="mimetype" if odf else ""),
        content_type=content_type,
        findings=dict(package.found),
        left_out=package.left_out,
    )


def local(tag: object) -> str:
    """A tag or attribute without its namespace; comments and instructions have none."""
    return str(tag).rpartition("}")[2] if isinstance(tag, str) else ""


def _is_element(node: Element) -> bool:
    """Else it is a comment or an instruction, whose tag is a function."""
    return not callable(node.tag)


def _ignorable(root: Element) -> frozenset[str]:
    """Namespaces that a reader may skip: those beyond the standards, which some copies of the same things stand in."""
    spaces: set[str] = set()
    for each in root.iter():
        names = [each.tag, *each.attrib] if _is_element(each) else []
        spaces |= {name[1:].partition("}")[0] for name in names}
    return frozenset(space for space in spaces if space.startswith("http://schemas.microsoft.com/office/"))


def _clean(element: Element, bonds: frozenset[str], skipped: frozenset[str]) -> None:
    """Take away what a reader does not see, what bears a name, and what leads to something dropped."""
    for key in list(element.attrib):
        space = key[1:].partition("}")[0] if key[:1] == "{" else ""
        if local(key) in ATTRIBUTES or space in skipped or (space == COMPATIBILITY):
            del element.attrib[key]
    if local(element.tag) == "hyperlink" and any(k.startswith(_RELATION) for k in element.attrib):
        element.attrib.clear()
    kept: list[Element] = []
    for child in element:
        gone = _dropped(child, bonds, skipped)
        _clean(child, bonds, skipped)
        if gone:
            _keep_tail(element, kept, child.tail)
        elif local(child.tag) in UNWRAPPED:
            _keep_tail(element, kept, child.text)
            kept += list(child)
            _keep_tail(element, kept, child.tail)
        else:
            kept.append(child)
    element[:] = kept


def _keep_tail(parent: Element, kept: list[Element], tail: str | None) -> None:
    if tail and kept:
        kept[-1].tail = (kept[-1].tail or "") + tail
    elif tail:
        parent.text = (parent.text or "") + tail


def _dropped(child: Element, bonds: frozenset[str], skipped: frozenset[str]) -> bool:
    if not _is_element(child):
        return True
    name, space = local(child.tag), child.tag[1:].partition("}")[0]
    if name in DROPPED or space in skipped:
        return True
    if name == "Choice" and space == COMPATIBILITY:
        return True
    if name == "hyperlink":
        return False
    leads = [
        v for k, v in child.attrib.items() if k.startswith(_RELATION) or (k == LINKS and name in TARGETS)
    ]
    return any(v not in bonds for v in leads)


def mask_tree(root: Element) -> Counter[str]:
    """Mask every text and every telling attribute of a tree; how often each kind was found. Raises NotReadable."""
    counted = Counter[str]()
    slots = list(_slots(root))
    texts, found = mask([Piece(text=_text(slot), after=slot.after) for slot in slots])
    counted.update(found)
    for slot, text in zip(slots, texts, strict=True):
        if slot.tail:
            slot.element.tail = text
        else:
            slot.element.text = text
    for element in root.iter():
        for key, value in element.attrib.items():
            if _TELLING.search(value):
                (masked,), found = mask([Piece(text=value)])
                counted.update(found)
                element.attrib[key] = masked
    return counted


def _text(slot: _Slot) -> str:
    return (slot.element.tail if slot.tail else slot.element.text) or ""


def _slots(element: Element) -> Iterator[_Slot]:
    """Every text in the order it is read; blocks, breaks and cells part what they part."""
    inner = [slot for child in element for slot in _slots(child)]
    own = [_Slot(element, False, "")] if element.text else []
    after = AFTER.get(local(element.tag), "")
    all_ = [*own, *inner]
    if after and all_:
        all_[-1] = all_[-1]._replace(after=all_[-1].after + after)
    elif after:
        all_ = [_Slot(element, False, after)]
    yield from all_
    if element.tail:
        yield _Slot(element, True, "")
