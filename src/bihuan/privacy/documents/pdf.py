"""Copies of PDFs: every page as a picture, with the places of what was found blacked out. No text layer is left.

What is found comes from the text layer, character by character with its box, and, where pictures stand on a page or it
has no text, from reading the page as a picture.
"""

import ctypes
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pypdfium2 as pdfium  # pyright: ignore[reportMissingTypeStubs]
import pypdfium2.raw as pypdfium2_raw  # pyright: ignore[reportMissingTypeStubs]
from fpdf import FPDF
from PIL import Image

from bihuan.privacy.documents.model import Bounds, Copy, NotReadable
from bihuan.privacy.documents.picture import black_out, blacken, counted, drawn
from bihuan.privacy.documents.pieces import Found, Piece, find
from bihuan.privacy.documents.reading import Box, Reader

#: The library's functions as C has them: untyped.
raw: Any = pypdfium2_raw
#: Enough to read small print by.
_DPI = 200
_POINTS = 72
#: A page larger than this is drawn smaller: some are metres wide.
_MOST_PIXELS = 8_000_000


class _Char(NamedTuple):
    page: int
    code: int
    box: tuple[float, float, float, float]


def redact(content: bytes, bounds: Bounds, read: Reader | None) -> Copy:
    """The blacked-out copy. Raises NotReadable."""
    with _opened(content) as document:
        if len(document) > bounds.pages:
            raise NotReadable("too_many_pages")
        _flatten(document)
        chars = [char for number in range(len(document)) for char in _chars(document[number], number)]
        if not chars and read is None:
            raise NotReadable("no_ocr")
        found = find([Piece(text=chr(c.code)) for c in chars])
        return _drawn(document, chars, found, read)


class _opened:  # noqa: N801
    """A document, closed in any case."""

    def __init__(self, content: bytes) -> None:
        try:
            self._document: Any = pdfium.PdfDocument(content)
        except pdfium.PdfiumError as error:
            locked = raw.FPDF_GetLastError() == raw.FPDF_ERR_PASSWORD or "assword" in str(error)
            raise NotReadable("encrypted" if locked else "broken") from error

    def __enter__(self) -> Any:
        return self._document

    def __exit__(self, *_: object) -> None:
        self._document.close()


def _flatten(document: Any) -> None:
    """What was filled into a form becomes part of its page; notes and buttons go."""
    if document.get_formtype() != raw.FORMTYPE_NONE:
        document.init_forms()
        for number in range(len(document)):
            document[number].flatten()


def _drawn(document: Any, chars: Sequence[_Char], found: Sequence[Found], read: Reader | None) -> Copy:
    counts: Counter[str] = counted(found)
    hidden: dict[int, list[tuple[float, float, float, float]]] = {}
    for part in (part for one in found for part in one.parts):
        char = chars[part.piece]
        hidden.setdefault(char.page, []).append(char.box)
    texts = Counter(char.page for char in chars)
    made = FPDF(unit="pt")
    left_out = 0
    for number in range(len(document)):
        page = document[number]
        picture = _picture(page)
        black_out(picture, [_placed(page, picture, box) for box in hidden.get(number, ())])
        shown = _shown_pictures(page, picture)
        if read is not None and (shown or not texts[number]):
            counts.update(blacken(picture, read))
        elif read is None:
            left_out += len(shown)
            for box in shown:
                picture.paste("gray", tuple(round(v) for v in box))  # pyright: ignore[reportArgumentType]
        size = (page.get_width(), page.get_height())
        made.add_page(format=size)
        made.image(io.BytesIO(drawn(picture, "JPEG")), x=0, y=0, w=size[0], h=size[1])
        page.close()
    return Copy(
        content=bytes(made.output()), content_type="application/pdf", findings=dict(counts), left_out=left_out
    )


def _picture(page: Any) -> Image.Image:
    width, height = page.get_size()
    scale = _DPI / _POINTS
    if width * height * scale * scale > _MOST_PIXELS:
        scale = (_MOST_PIXELS / max(width * height, 1)) ** 0.5
    return page.render(scale=scale, may_draw_forms=False, draw_annots=False).to_pil().convert("RGB")


def _chars(page: Any, number: int) -> Iterator[_Char]:
    """Every character of the text layer, also such as is drawn invisibly, with its box in points."""
    textpage = page.get_textpage()
    try:
        for index in range(textpage.count_chars()):
            code = int(raw.FPDFText_GetUnicode(textpage, index))
            if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000:
                yield _Char(page=number, code=code, box=textpage.get_charbox(index, loose=True))
        yield _Char(page=number, code=10, box=(0, 0, 0, 0))
    finally:
        textpage.close()


def _placed(page: Any, picture: Image.Image, box: tuple[float, float, float, float]) -> Box:
    """A box of the page in the picture's pixels, whichever way the page is turned."""
    left, bottom, right, top = box
    corners = [_pixel(page, picture, x, y) for x in (left, right) for y in (bottom, top)]
    return Box(
        left=min(x for x, _ in corners),
        top=min(y for _, y in corners),
        right=max(x for x, _ in corners),
        bottom=max(y for _, y in corners),
    )


def _pixel(page: Any, picture: Image.Image, x: float, y: float) -> tuple[int, int]:
    across, down = ctypes.c_int(), ctypes.c_int()
    raw.FPDF_PageToDevice(
        page, 0, 0, picture.width, picture.height, 0, x, y, ctypes.byref(across), ctypes.byref(down)
    )
    return across.value, down.value


def _shown_pictures(page: Any, picture: Image.Image) -> list[Box]:
    """Where pictures stand on a page."""
    kinds = (raw.FPDF_PAGEOBJ_IMAGE,)
    return [_placed(page, picture, each.get_bounds()) for each in page.get_objects(filter=kinds, max_depth=4)]
