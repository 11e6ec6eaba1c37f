"""Which parts, elements and attributes of office files are shown to a reader (ECMA-376, OASIS OpenDocument 1.3)."""

import re
from collections.abc import Mapping
from types import MappingProxyType

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
_ODF = "application/vnd.oasis.opendocument"
ODT, ODS, ODP = f"{_ODF}.text", f"{_ODF}.spreadsheet", f"{_ODF}.presentation"

RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
COMPATIBILITY = "http://schemas.openxmlformats.org/markup-compatibility/2006"
LINKS = "{http://www.w3.org/1999/xlink}href"
CONTENT_TYPES, MANIFEST = "[Content_Types].xml", "META-INF/manifest.xml"

_OOXML = r"\[Content_Types\]\.xml|_rels/\.rels"
_odf = re.compile(r"mimetype|content\.xml|styles\.xml|META-INF/manifest\.xml|Pictures/[^/]+")
#: Parts of a package that are shown.
KEPT: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        DOCX: re.compile(
            _OOXML
            + r"|word/(?:document|styles|numbering|fontTable|footnotes|endnotes|header\d*|footer\d*)\.xml"
            r"|word/_rels/[^/]+\.rels|word/theme/[^/]+\.xml|word/media/[^/]+"
        ),
        PPTX: re.compile(
            _OOXML + r"|ppt/(?:presentation|tableStyles)\.xml|ppt/_rels/[^/]+\.rels|ppt/media/[^/]+"
            r"|ppt/(?:slides|slideLayouts|slideMasters)/(?:[^/]+\.xml|_rels/[^/]+\.rels)|ppt/theme/[^/]+\.xml"
        ),
        ODT: _odf,
        ODS: _odf,
        ODP: _odf,
    }
)

#: Not shown, or not ours to pass on.
DROPPED = frozenset((
    "annotation", "annotation-end", "attachedTemplate", "commentRangeEnd", "commentRangeStart", "commentReference",
    "controls", "custDataLst", "dataBinding", "del", "delInstrText", "delText", "extLst", "event-listeners", "forms",
    "hlinkClick", "hlinkHover", "instrText", "moveFrom", "object", "object-ole", "oleObj", "OLEObject", "rPrChange",
    "pPrChange", "tblPrChange", "tcPrChange", "trPrChange", "sectPrChange", "script", "scripts", "tracked-changes",
    "database-ranges", "dde-connection-decls", "plugin", "applet", "notes",
))  # fmt: skip
#: Gone, but not what they hold.
UNWRAPPED = frozenset(("AlternateContent", "Fallback", "a", "ins", "moveTo", "smartTag"))
#: Who wrote what when, and ids by which two copies would know one another.
ATTRIBUTES = frozenset((
    "author", "creator", "date", "initials", "rsidDel", "rsidP", "rsidR", "rsidRDefault", "rsidRPr", "rsidSect",
    "rsidTr", "paraId", "textId",
))  # fmt: skip
#: Elements of OpenDocument that show what an address leads to: only what lies in the package.
TARGETS = frozenset(("image", "fill-image", "background-image"))
#: Cells and rows are apart: digits of two cells are no number, but a word names what stands in the next cell.
CELL, ROW = " | ", " |\n"
#: What stands between an element's text and the next.
AFTER: Mapping[str, str] = MappingProxyType(
    {
        "p": "\n", "h": "\n", "br": "\n", "cr": "\n", "line-break": "\n", "tr": ROW, "table-row": ROW,
        "tab": "\t", "tc": CELL, "table-cell": CELL, "s": " ", "noBreakHyphen": "-",
    }
)  # fmt: skip
