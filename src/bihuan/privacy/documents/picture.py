"""Copies of pictures: drawn anew without what cameras and programs write into them, what was found blacked out."""

import io
from collections import Counter
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageOps, UnidentifiedImageError

from bihuan.privacy.documents.model import Bounds, Copy, NotReadable
from bihuan.privacy.documents.pieces import Found, Piece, find
from bihuan.privacy.documents.reading import Box, Line, Reader, Word

#: What we read; each opens by its content, whatever it is called.
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")
_QUALITY = 88
#: Around a word, in parts of its height: letters reach over their boxes.
_MARGIN = 0.12


def redact(content: bytes, bounds: Bounds, read: Reader | None) -> Copy:
    """The blacked-out copy: JPEG stays JPEG, all else becomes PNG; of several frames the first. Raises NotReadable."""
    if read is None:
        raise NotReadable("no_ocr")
    picture, was = opened(content, bounds)
    found = blacken(picture, read)
    kept = "JPEG" if was == "JPEG" else "PNG"
    return Copy(content=drawn(picture, kept), content_type=f"image/{kept.lower()}", findings=dict(found))


def opened(content: bytes, bounds: Bounds) -> tuple[Image.Image, str]:
    """The picture's first frame as it is to be seen, with nothing but its pixels, and its format. Raises NotReadable."""
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as file:
            if file.width * file.height > bounds.pixels:
                raise NotReadable("too_big")
            turned = ImageOps.exif_transpose(file)
            return _pixels(turned), str(file.format)
    except UnidentifiedImageError as error:
        raise NotReadable("format") from error
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise NotReadable("broken") from error


def blacken(picture: Image.Image, read: Reader) -> Counter[str]:
    """Black out every word in which something is found; how often each kind was."""
    lines = read(picture)
    words, pieces = _laid_out(lines)
    found = find(pieces)
    boxes = [words[part.piece].box for one in found for part in one.parts]
    black_out(picture, boxes)
    return counted(found)


def black_out(picture: Image.Image, boxes: Sequence[Box]) -> None:
    """Fill rectangles."""
    pen = ImageDraw.Draw(picture)
    for box in boxes:
        margin = (box.bottom - box.top) * _MARGIN
        pen.rectangle(
            (box.left - margin, box.top - margin, box.right + margin, box.bottom + margin), fill="black"
        )


def drawn(picture: Image.Image, kind: str) -> bytes:
    """The picture's bytes, made from pixels alone."""
    made = io.BytesIO()
    if kind == "JPEG":
        picture.save(made, "JPEG", quality=_QUALITY)
    else:
        picture.save(made, "PNG")
    return made.getvalue()


def counted(found: Sequence[Found]) -> Counter[str]:
    """How often each kind was found."""
    return Counter(one.span.kind for one in found)


def _pixels(picture: Image.Image) -> Image.Image:
    """On white where it is see-through: what is hidden behind no ground would be read by nobody and kept."""
    if picture.mode in ("RGBA", "LA", "P", "PA"):
        layered = picture.convert("RGBA")
        ground = Image.new("RGBA", layered.size, "white")
        return Image.alpha_composite(ground, layered).convert("RGB")
    plain = picture.convert("RGB")
    # A new picture of the same pixels: no profile, no place, no text of the file's comes along.
    made = Image.new("RGB", plain.size)
    made.paste(plain)
    return made


def _laid_out(lines: Sequence[Line]) -> tuple[list[Word], list[Piece]]:
    """Words with what parts them. Where a line's words do not make up its text, the line is one word."""
    words: list[Word] = []
    pieces: list[Piece] = []
    for line in lines:
        whole = "".join(line.text.split()) == "".join("".join(word.text.split()) for word in line.words)
        own = line.words if whole and line.words else (Word(text=line.text, box=line.box),)
        at = 0
        for number, word in enumerate(own):
            at = line.text.find(word.text, at) + len(word.text) if word.text in line.text[at:] else at
            last = number + 1 == len(own)
            after = "\n" if last else " " if line.text[at : at + 1].isspace() else ""
            words.append(word)
            pieces.append(Piece(text=word.text, after=after))
    return words, pieces
