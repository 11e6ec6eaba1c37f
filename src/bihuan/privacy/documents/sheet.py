"""Copies of workbooks (xlsx), built anew: sheets, cells, widths and formats. Formulas keep their last results.

Comments, drawings, names, links, pivot caches, macros and all properties are not copied because nothing copies them.
"""

import posixpath
from collections import Counter
from decimal import Decimal, InvalidOperation
from xml.etree.ElementTree import Element, SubElement

from bihuan.privacy.documents.model import Bounds, Copy, NotReadable
from bihuan.privacy.documents.office import mask_tree
from bihuan.privacy.documents.packed import packed, parsed, unpacked, written
from bihuan.privacy.documents.pieces import Piece, mask
from bihuan.privacy.documents.schema import CELL, RELATIONS, ROW, XLSX

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
#: What a sheet keeps beside its cells: how wide and which are one.
_SHAPE = frozenset(("cols", "mergeCells", "sheetFormatPr"))


def _m(name: str) -> str:
    return f"{{{_MAIN}}}{name}"


class _Book:
    def __init__(self, members: dict[str, bytes]) -> None:
        self._members = members
        self.shared = self._shared()
        self.found: Counter[str] = Counter()

    def sheets(self) -> list[tuple[str, str, Element]]:
        """Name, whether it is shown, and tree of each sheet."""
        bonds = {b.get("Id"): b.get("Target", "") for b in self._part("xl/_rels/workbook.xml.rels")}
        found: list[tuple[str, str, Element]] = []
        for sheet in self._part("xl/workbook.xml").iter(_m("sheet")):
            target = bonds.get(sheet.get(f"{{{RELATIONS}}}id"), "")
            path = posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")
            if path in self._members and "worksheets/" in path:
                tree = self._part(path)
                found.append((sheet.get("name", ""), sheet.get("state", "visible"), tree))
        return found

    def styles(self) -> bytes | None:
        """Formats, so that dates read as dates."""
        if "xl/styles.xml" not in self._members:
            return None
        root = self._part("xl/styles.xml")
        for extra in root.findall(_m("extLst")):
            root.remove(extra)
        self.found.update(mask_tree(root))
        return written(root)

    def redacted(self, tree: Element) -> bytes:
        """A sheet with its cells masked."""
        cells = [(row, cell) for row in tree.iter(_m("row")) for cell in row.findall(_m("c"))]
        pieces: list[Piece] = []
        for number, (row, cell) in enumerate(cells):
            last = number + 1 == len(cells) or cells[number + 1][0] is not row
            pieces.append(Piece(text=self._text(cell), after=ROW if last else CELL))
        texts, found = mask(pieces)
        self.found.update(found)
        made = Element(_m("worksheet"))
        for child in tree:
            if child.tag == _m("sheetData"):
                data = SubElement(made, _m("sheetData"))
                _put(data, cells, texts, pieces)
            elif child.tag.rpartition("}")[2] in _SHAPE:
                made.append(child)
        return written(made)

    def name(self, name: str) -> str:
        """A sheet's name, masked as names may be."""
        (masked,), found = mask([Piece(text=name)])
        self.found.update(found)
        return masked.replace("*", "x").replace("[", "(").replace("]", ")")[:31]

    def _shared(self) -> list[str]:
        if "xl/sharedStrings.xml" not in self._members:
            return []
        return [_words(item) for item in self._part("xl/sharedStrings.xml").findall(_m("si"))]

    def _text(self, cell: Element) -> str:
        kind, value = cell.get("t", "n"), cell.findtext(_m("v")) or ""
        if kind == "s":
            number = int(value) if value.isdigit() else -1
            return self.shared[number] if 0 <= number < len(self.shared) else ""
        if kind == "inlineStr":
            return _words(cell)
        return _plain_number(value) if kind == "n" else value

    def _part(self, path: str) -> Element:
        if path not in self._members:
            raise NotReadable("broken")
        return parsed(self._members[path])


def redact(content: bytes, bounds: Bounds) -> Copy:
    """The masked copy. Raises NotReadable."""
    members = unpacked(content, bounds)
    book = _Book(members)
    made: dict[str, bytes] = {}
    names: list[tuple[str, str]] = []
    for name, state, tree in book.sheets():
        names.append((book.name(name), state))
        made[f"xl/worksheets/sheet{len(names)}.xml"] = book.redacted(tree)
    if not names:
        raise NotReadable("broken")
    styles = book.styles()
    if styles is not None:
        made["xl/styles.xml"] = styles
    made |= _frame(names, styled=styles is not None)
    return Copy(
        content=packed(made),
        content_type=XLSX,
        findings=dict(book.found),
        left_out=sum(name.startswith("xl/media/") for name in members),
    )


def _put(data: Element, cells: list[tuple[Element, Element]], texts: list[str], pieces: list[Piece]) -> None:
    at: Element | None = None
    row: Element | None = None
    for (source, cell), text, piece in zip(cells, texts, pieces, strict=True):
        if row is None or source is not at:
            at = source
            row = SubElement(
                data, _m("row"), {k: v for k, v in source.attrib.items() if k in ("r", "ht", "hidden")}
            )
        given = {k: v for k, v in cell.attrib.items() if k in ("r", "s")}
        kind = cell.get("t", "n")
        if kind in ("n", "b", "e", "d") and text == piece.text:
            copy = SubElement(row, _m("c"), {**given, "t": kind})
            if value := cell.findtext(_m("v")):
                SubElement(copy, _m("v")).text = value
        else:
            copy = SubElement(row, _m("c"), {**given, "t": "inlineStr"})
            SubElement(SubElement(copy, _m("is")), _m("t"), {"xml:space": "preserve"}).text = text


def _words(item: Element) -> str:
    """A text of runs, without how Japanese and Chinese words are said."""
    runs = [item, *item.findall(_m("r")), *item.findall(_m("is")), *item.findall(f"{_m('is')}/{_m('r')}")]
    return "".join(run.findtext(_m("t")) or "" for run in runs)


def _plain_number(value: str) -> str:
    """As digits, however it is kept: a card number as a number reads 6.2220202001122304E15."""
    try:
        return format(Decimal(value), "f") if len(value) < 40 else value
    except InvalidOperation:
        return value


def _frame(names: list[tuple[str, str]], *, styled: bool) -> dict[str, bytes]:
    """The parts every workbook has."""
    types = Element(f"{{{_PACKAGE}/content-types}}Types")
    for end, type_ in (
        ("rels", "application/vnd.openxmlformats-package.relationships+xml"),
        ("xml", "application/xml"),
    ):
        SubElement(types, f"{{{_PACKAGE}/content-types}}Default", {"Extension": end, "ContentType": type_})
    top, bonds = (Element(f"{{{_PACKAGE}/relationships}}Relationships") for _ in range(2))
    book = Element(_m("workbook"))
    sheets = SubElement(book, _m("sheets"))
    parts = [("xl/workbook.xml", "sheet.main")]
    for number, (name, state) in enumerate(names, 1):
        said = {"name": name, "sheetId": str(number), "state": state, f"{{{RELATIONS}}}id": f"rId{number}"}
        SubElement(sheets, _m("sheet"), said)
        _bond(bonds, f"rId{number}", "worksheet", f"worksheets/sheet{number}.xml")
        parts.append((f"xl/worksheets/sheet{number}.xml", "worksheet"))
    if styled:
        _bond(bonds, f"rId{len(names) + 1}", "styles", "styles.xml")
        parts.append(("xl/styles.xml", "styles"))
    for path, kind in parts:
        said = {"PartName": f"/{path}", "ContentType": f"{_TYPE}.{kind}+xml"}
        SubElement(types, f"{{{_PACKAGE}/content-types}}Override", said)
    _bond(top, "rId1", "officeDocument", "xl/workbook.xml")
    return {
        "[Content_Types].xml": written(types),
        "_rels/.rels": written(top),
        "xl/workbook.xml": written(book),
        "xl/_rels/workbook.xml.rels": written(bonds),
    }


def _bond(bonds: Element, id_: str, kind: str, target: str) -> None:
    said = {"Id": id_, "Type": f"{RELATIONS}/{kind}", "Target": target}
    SubElement(bonds, f"{{{_PACKAGE}/relationships}}Relationship", said)
