"""Documents: the copy shows what the original did, and nothing personal, wherever in the file that stood."""

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pypdfium2 import PdfDocument  # pyright: ignore[reportMissingTypeStubs]

from bihuan.privacy.documents import Bounds, Copy, NotReadable, read_apart
from bihuan.privacy.documents.model import Reason
from bihuan.privacy.documents.pieces import Piece, mask
from bihuan.privacy.documents.reading import reader
from bihuan.privacy.documents.redact import redact
from bihuan.privacy.documents.schema import DOCX, ODT, PPTX, XLSX
from bihuan.privacy.mask import mask_text
from tests.privacy import made_documents as made
from tests.privacy.made_documents import CARD, ID, LINES

BOUNDS = Bounds()
NO_OCR = Bounds(ocr=False)
MASKED = mask_text(CARD).text


def said(copy: Copy) -> str:
    """Everything in a copy that a searcher would find as text."""
    if copy.content[:2] == b"PK":
        return "\n".join(made.texts(copy.content).values())
    return copy.content.decode("utf-8", "replace")


def seen(picture: Image.Image) -> str:
    """What a reader of the picture reads."""
    read = reader()
    assert read is not None, "the `ocr` extra is part of the development set-up"
    return "\n".join(line.text for line in read(picture))


@pytest.mark.parametrize(
    ("content", "type_"),
    [
        ("\n".join(LINES).encode(), "text/plain"),
        ("\n".join(LINES).encode("utf-16"), "text/plain"),
        (f"持卡人,卡号\n某某,{CARD}\nCVV 123\n{ID}".encode("gb18030"), "text/plain"),
        (f'{{"card": {CARD}, "note": "CVV 123", "id": "{ID}"}}'.encode(), "text/plain"),
        (made.docx(*LINES), DOCX),
        (made.xlsx((LINES[0], "x"), ("CVV", "123"), (ID, "y")), XLSX),
        (made.pptx(*LINES), PPTX),
        (made.odt(*LINES), ODT),
    ],
    ids=["txt", "utf-16", "csv", "json", "docx", "xlsx", "pptx", "odt"],
)
def test_texts_are_masked_wherever_they_stand(content: bytes, type_: str) -> None:
    copy = redact(content, type_, NO_OCR)
    text = said(copy)
    assert CARD not in text and ID not in text and ID[:12] not in text
    assert copy.findings["card_number"] >= 1 and copy.findings["id_number"] >= 1
    assert copy.findings["cvv"] == 1 and "123<" not in text and "CVV 123" not in text
    assert "622202" in text.replace("\n", ""), "the place of the card is shown by its mask"


def test_a_document_keeps_its_words_and_loses_what_is_not_shown() -> None:
    copy = redact(made.docx(*LINES, "收到，谢谢"), DOCX, NO_OCR)
    members = made.texts(copy.content)
    assert set(members) == {
        "[Content_Types].xml",
        "_rels/.rels",
        "word/document.xml",
        "word/_rels/document.xml.rels",
    }
    shown = members["word/document.xml"]
    assert "收到，谢谢" in shown.replace(
        '</w:t></w:r><w:r><w:rPr><w:b /></w:rPr><w:t xml:space="preserve">', ""
    )
    assert "inserted" in shown and "link" in shown
    assert all(word not in shown for word in ("Zhang", "delText", "instrText", "comment", "Ignorable"))
    assert "comments" not in members["[Content_Types].xml"] and "External" not in str(members)


def test_a_mail_is_read_as_its_reader_sees_it() -> None:
    mail = (
        b"From: a@b.test\r\nSubject: =?utf-8?B?" + b"5Y2h5Y+3" + b"?=\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )
    import base64

    hidden = "".join(f"&#{ord(c)};" for c in CARD)
    copy = redact(mail + base64.b64encode(f"<p>{hidden}</p>".encode()), "text/plain", NO_OCR)
    text = copy.content.decode()
    assert MASKED in text and CARD not in text and "卡号" in text


def test_pictures_in_a_document_are_read_or_left_out() -> None:
    content = made.docx("hello", media=made.png_with_text(*LINES))
    blind = redact(content, DOCX, NO_OCR)
    assert blind.left_out == 1
    assert "word/media/image1.png" not in made.texts(blind.content)
    copy = redact(content, DOCX, BOUNDS)
    with zipfile.ZipFile(io.BytesIO(copy.content)) as archive:
        inner = Image.open(io.BytesIO(archive.read("word/media/image1.png")))
        assert "rIdPic" in archive.read("word/document.xml").decode()
    assert (copy.left_out, inner.info) == (0, {})
    text = seen(inner)
    assert "amount" in text and "28.50" in text
    assert CARD not in text and ID not in text and "123" not in text


@pytest.mark.parametrize("content", [made.photo(*LINES), made.png_with_text(*LINES)], ids=["jpeg", "png"])
def test_a_picture_is_drawn_anew_and_blacked_out(content: bytes) -> None:
    copy = redact(content, "image/png", BOUNDS)
    assert copy.findings == {"card_number": 1, "cvv": 1, "id_number": 1}
    picture = Image.open(io.BytesIO(copy.content))
    assert not picture.getexif() and not {"exif", "xmp", "comment", "Comment"} & picture.info.keys()
    assert CARD.encode() not in copy.content and b"Photographer" not in copy.content
    text = seen(picture)
    assert "Card" in text and "amount" in text, "only the numbers are gone"
    assert CARD[6:12] not in text and ID[6:14] not in text and "123" not in text


@pytest.mark.parametrize("scanned", [False, True], ids=["text", "scan"])
def test_a_pdf_is_blacked_out_and_has_no_text_left(scanned: bool) -> None:
    copy = redact(made.pdf(LINES, ("second page",), scanned=scanned), "application/pdf", BOUNDS)
    # A picture is found in what its reader reads; this one takes a small CVV for CV.
    sure = {"card_number": 1, "id_number": 1} if scanned else {"card_number": 1, "cvv": 1, "id_number": 1}
    assert sure.items() <= copy.findings.items()
    document = PdfDocument(copy.content)
    assert len(document) == 2
    assert "".join(page.get_textpage().get_text_range() for page in document).strip() == ""
    assert CARD not in str(document.get_metadata_dict())
    text = seen(document[0].render(scale=2).to_pil())
    assert "Card" in text and "amount" in text
    assert CARD[6:12] not in text and ID[6:14] not in text and (scanned or "CVV 123" not in text)


def test_without_a_reader_of_pictures_they_are_left_out_or_said_unread() -> None:
    for content, type_ in (
        (made.picture(*LINES), "image/png"),
        (made.pdf(LINES, scanned=True), "application/pdf"),
    ):
        try:
            copy = redact(content, type_, NO_OCR)
        except NotReadable as refused:
            assert refused.reason == "no_ocr"
        else:
            assert copy.left_out == 1


def test_a_number_as_a_number_and_one_split_over_cells() -> None:
    copy = redact(made.xlsx(("a", "b"), numbers=("6.22202020011223E15", "28.5", "45678")), XLSX, NO_OCR)
    sheet = made.texts(copy.content)["xl/worksheets/sheet1.xml"]
    assert copy.findings["card_number"] == 2, "the sheet's name, and the cell"
    assert "622202******2230" in sheet and "28.5" in sheet and "45678" in sheet
    assert CARD not in said(copy)


@pytest.mark.parametrize(
    ("content", "type_", "reason"),
    [
        (made.zipped({"a.txt": "x"}), "application/zip", "archive"),
        (b"\xd0\xcf\x11\xe0", "application/msword", "old_office"),
        (b"\x00", "audio/mpeg", "sound"),
        (b"\x00\x01", "application/octet-stream", "format"),
        (b"%PDF-1.7 nothing", "application/pdf", "broken"),
        (b"PK\x03\x04 nothing", DOCX, "broken"),
        (made.zipped({"word/document.xml": "<x/>"}), DOCX, "broken"),
        (b"\x89PNG\r\n\x1a\n", "image/png", "format"),
        (made.pdf(*[("p",)] * 4), "application/pdf", "too_many_pages"),
    ],
)
def test_what_cannot_be_read_is_said(content: bytes, type_: str, reason: Reason) -> None:
    with pytest.raises(NotReadable) as refused:
        redact(content, type_, Bounds(pages=3))
    assert refused.value.reason == reason


def test_entities_and_bombs_are_refused() -> None:
    laughs = '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><w>&b;</w>'
    outside = '<!DOCTYPE l [<!ENTITY e SYSTEM "file:///etc/passwd">]><w>&e;</w>'
    for xml in (laughs, outside):
        with pytest.raises(NotReadable):
            redact(made.zipped({"[Content_Types].xml": xml, "word/document.xml": xml}), DOCX, NO_OCR)
    bomb = made.zipped({"[Content_Types].xml": "<t/>", "word/document.xml": b"\x00" * 3_000_000})
    with pytest.raises(NotReadable) as refused:
        redact(bomb, DOCX, Bounds(expanded=1_000_000, ocr=False))
    assert refused.value.reason == "too_big"
    with pytest.raises(NotReadable) as refused:
        redact(made.picture("x"), "image/png", Bounds(pixels=1000))
    assert refused.value.reason == "too_big"


@given(
    st.lists(
        st.sampled_from(["6222", "0202", "0011", "2230", " ", "卡号", "CVV", "123", "x", "13800138000"]),
        max_size=14,
    )
)
@settings(max_examples=200, deadline=None)
def test_however_a_text_is_cut_it_is_masked_as_a_whole(words: list[str]) -> None:
    whole, findings = mask([Piece(text="".join(words))])
    cut, counted = mask([Piece(text=word) for word in words])
    assert "".join(cut) == whole[0]
    assert counted == findings
    assert mask_text(whole[0]).text == whole[0]


async def test_a_process_of_its_own_reads_and_is_ended() -> None:
    copy = await read_apart("\n".join(LINES).encode(), "text/plain", NO_OCR)
    assert MASKED in copy.content.decode()
    with pytest.raises(NotReadable) as refused:
        await read_apart(b"PK", DOCX, NO_OCR)
    assert refused.value.reason == "broken"
    with pytest.raises(NotReadable) as refused:
        await read_apart(b"x " * 30_000_000, "text/plain", Bounds(memory=260 << 20, ocr=False))
    assert refused.value.reason in ("too_big", "crashed")
    with pytest.raises(NotReadable) as refused:
        await read_apart(b"13800138000 cvv 1 " * 300_000, "text/plain", Bounds(seconds=1, ocr=False))
    assert refused.value.reason == "too_slow"
