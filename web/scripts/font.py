"""Cuts a font down to what a ticket may hold, so that a wheel can carry it: `font.py PACKAGE TARGET`.

Kept are Latin, punctuation, the 6,763 hanzi and the symbols of GB/T 2312, and the 5,401 frequent traditional ones of Big5.
What is not among them is told in the text itself where the font is used.
"""

import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

RANGES = ((0x20, 0x17F), (0x2010, 0x203E), (0x20AC, 0x20AC), (0x2100, 0x2122), (0x2190, 0x2193), (0x2460, 0x2473),
    (0x3000, 0x301F), (0xFF01, 0xFF5E), (0xFFE0, 0xFFE6))  # fmt: skip
LOW = range(0x40, 0xFF)


def encoded(codec: str, high: Iterable[int]) -> Iterator[int]:
    """The characters of a two-byte encoding whose first byte is one of these."""
    for first in high:
        for second in LOW:
            try:
                yield ord(bytes((first, second)).decode(codec))
            except UnicodeDecodeError:
                continue


def characters() -> set[int]:
    """Every code point to keep."""
    plain = {point for first, last in RANGES for point in range(first, last + 1)}
    return plain | set(encoded("gb2312", range(0xA1, 0xF8))) | set(encoded("big5", range(0xA4, 0xC7)))


def main(package: Path, target: Path) -> None:
    """Write the font and its licence."""
    options = subset.Options(layout_features=[], hinting=False, glyph_names=False, notdef_outline=True)
    font = TTFont(package / "400Regular" / "NotoSansSC_400Regular.ttf")
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters())
    subsetter.subset(font)
    target.mkdir(parents=True, exist_ok=True)
    font.save(target / "NotoSansSC.ttf")
    shutil.copyfile(package / "LICENSE_FONT", target / "OFL.txt")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
