"""Small files for the demo's tickets: a picture and a letter, made on the spot."""

import struct
import zlib

from bihuan.cli.demo_scenes import FileKind
from bihuan.tickets import Upload

_NAMES: dict[FileKind, str] = {"receipt": "签购单.png", "screenshot": "截图.png", "letter": "证明材料.pdf"}


def made(kind: FileKind, number: int) -> Upload:
    """A file of the kind; the same number gives the same bytes."""
    content = _pdf(f"Example document no. {number}") if kind == "letter" else _png(number)
    return Upload(name=_NAMES[kind], content=content)


def _png(number: int, width: int = 240, height: int = 160) -> bytes:
    """A picture of stripes like the lines of a receipt (PNG, 8-bit grey)."""
    rows = b"".join(b"\x00" + bytes(_grey(x, y, number) for x in range(width)) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, chunks))


def _grey(x: int, y: int, number: int) -> int:
    line = y // 12
    written = y % 12 < 5 and 12 < x < 60 + (line * 37 + number * 11) % 150
    return 60 if written else 245


def _chunk(chunk: tuple[bytes, bytes]) -> bytes:
    kind, content = chunk
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _pdf(line: str) -> bytes:
    """One page with one line (PDF 1.4)."""
    stream = f"BT /F1 18 Tf 72 720 Td ({line}) Tj ET".encode()
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    content, places = b"%PDF-1.4\n", list[int]()
    for number, body in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj%s endobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(content))
    return content + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + end
