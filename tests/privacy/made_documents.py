"""Documents as people send them, each with the same three lines; made here, so that no real one is needed."""

import io
import zipfile
from collections.abc import Mapping

from fpdf import FPDF
from PIL import Image, ImageDraw, ImageFont, PngImagePlugin

CARD, ID, MOBILE = "6222020200112230", "11010519491231002X", "13800138000"
LINES = ("Card 6222020200112230 amount 28.50", "CVV 123", "ID 11010519491231002X")
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_A = "http://schemas.openxmlformats.org/drawingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PR = "http://schemas.openxmlformats.org/package/2006/relationships"
_CT = "http://schemas.openxmlformats.org/package/2006/content-types"
_S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_P = "http://schemas.openxmlformats.org/presentationml/2006/main"


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    """A zip of these."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in members.items():
            kind = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(name, member, kind)
    return made.getvalue()


def texts(package: bytes) -> dict[str, str]:
    """A package's members as text."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {name: archive.read(name).decode("utf-8", "replace") for name in archive.namelist()}


def picture(*lines: str, kind: str = "PNG", **saved: object) -> bytes:
    """A screenshot with these lines."""
    drawn = Image.new("RGB", (900, 60 + 80 * max(len(lines), 1)), "white")
    pen, font = ImageDraw.Draw(drawn), ImageFont.load_default(size=36)
    for number, line in enumerate(lines):
        pen.text((20, 30 + 80 * number), line, fill="black", font=font)
    made = io.BytesIO()
    drawn.save(made, kind, **saved)  # pyright: ignore[reportArgumentType]
    return made.getvalue()


def photo(*lines: str) -> bytes:
    """A photo that says where and when it was taken, by whom, in every way a photo can."""
    exif = Image.Exif()
    exif[0x010E] = f"card {CARD}"  # description
    exif[0x013B] = "Photographer"
    exif.get_ifd(0x8825)[2] = (39.0, 54.0, 27.0)  # GPS latitude
    xmp = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'>{CARD}</x:xmpmeta>".encode()
    return picture(*lines, kind="JPEG", exif=exif.tobytes(), xmp=xmp, comment=CARD.encode())


def png_with_text(*lines: str) -> bytes:
    """A PNG with a card number in its text chunk."""
    told = PngImagePlugin.PngInfo()
    told.add_text("Comment", CARD)
    return picture(*lines, pnginfo=told)


def pdf(*pages: tuple[str, ...], scanned: bool = False, invisible: bool = False) -> bytes:
    """A PDF: of text, of pictures, or of text nobody sees."""
    made = FPDF()
    made.set_title(f"Card {CARD}")
    for lines in pages:
        made.add_page()
        made.set_font("Helvetica", size=14)
        if scanned:
            made.image(io.BytesIO(picture(*lines)), x=10, y=10, w=180)
            continue
        if invisible:
            made.text_mode = 3  # pyright: ignore[reportAttributeAccessIssue]
        for line in lines:
            made.cell(text=line, new_x="LMARGIN", new_y="NEXT")
    return bytes(made.output())


def _run(text: str) -> str:
    return f'<w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def docx(*lines: str, media: bytes | None = None) -> bytes:
    """A document whose numbers are split over runs, with a comment, a revision, properties and an object."""
    body = "".join(
        f"<w:p>{''.join(_run(line[at : at + 7]) for at in range(0, len(line), 7))}</w:p>" for line in lines
    )
    body += (
        f'<w:p><w:del w:id="1" w:author="Zhang"><w:r><w:delText>{CARD}</w:delText></w:r></w:del>'
        f'<w:ins w:id="2" w:author="Zhang">{_run("inserted")}</w:ins>'
        f"<w:r><w:instrText>MERGEFIELD {CARD}</w:instrText></w:r>"
        f'<w:hyperlink r:id="rIdOut">{_run("link")}</w:hyperlink>'
        f'<w:r><w:commentReference w:id="0"/></w:r></w:p>'
    )
    if media is not None:
        body += (
            '<w:p><w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/'
            f'wordprocessingDrawing"><wp:docPr id="1" name="p" descr="{CARD}"/><a:graphic xmlns:a="{_A}">'
            '<a:graphicData><a:blip r:embed="rIdPic"/></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>'
        )
    document = (
        f'<w:document xmlns:w="{_W}" xmlns:r="{_R}" xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" '
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" mc:Ignorable="w14">'
        f"<w:body>{body}</w:body></w:document>"
    )
    rels = (
        f'<Relationships xmlns="{_PR}"><Relationship Id="rIdPic" Type="{_R}/image" Target="media/image1.png"/>'
        f'<Relationship Id="rIdOut" Type="{_R}/hyperlink" Target="https://x.test/?c={CARD}" TargetMode="External"/>'
        f'<Relationship Id="rIdC" Type="{_R}/comments" Target="comments.xml"/></Relationships>'
    )
    members: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{_CT}"><Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/word/document.xml" ContentType="application/x-main+xml"/>'
        '<Override PartName="/word/comments.xml" ContentType="application/x-comments+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PR}"><Relationship Id="r1" Type="{_R}/officeDocument" '
        f'Target="word/document.xml"/><Relationship Id="r2" Type="{_R}/core" Target="docProps/core.xml"/>'
        "</Relationships>",
        "word/document.xml": document,
        "word/_rels/document.xml.rels": rels,
        "word/comments.xml": f'<w:comments xmlns:w="{_W}">{CARD}</w:comments>',
        "word/embeddings/oleObject1.bin": CARD.encode(),
        "docProps/core.xml": f"<c>{CARD}</c>",
        "customXml/item1.xml": f"<c>{CARD}</c>",
    }
    if media is not None:
        members["word/media/image1.png"] = media
    return zipped(members)


def xlsx(*rows: tuple[str, ...], numbers: tuple[str, ...] = ()) -> bytes:
    """A workbook: shared strings, numbers as numbers, a comment, properties."""
    words = [word for row in rows for word in row]
    shared = "".join(f"<si><t>{word}</t></si>" for word in words)
    data, at = "", 0
    for number, row in enumerate(rows, 1):
        cells = "".join(f'<c r="{chr(65 + c)}{number}" t="s"><v>{at + c}</v></c>' for c in range(len(row)))
        data, at = data + f'<row r="{number}">{cells}</row>', at + len(row)
    cells = "".join(f'<c r="{chr(65 + c)}99"><v>{value}</v></c>' for c, value in enumerate(numbers))
    data += f'<row r="99">{cells}</row>' if numbers else ""
    return zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{_CT}"/>',
            "_rels/.rels": f'<Relationships xmlns="{_PR}"/>',
            "xl/workbook.xml": f'<workbook xmlns="{_S}" xmlns:r="{_R}"><sheets>'
            f'<sheet name="{CARD}" sheetId="1" r:id="rId1"/></sheets>'
            f"<definedNames><definedName name='x'>{CARD}</definedName></definedNames></workbook>",
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PR}"><Relationship Id="rId1" '
            f'Type="{_R}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
            "xl/sharedStrings.xml": f'<sst xmlns="{_S}">{shared}</sst>',
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_S}"><sheetData>{data}</sheetData></worksheet>',
            "xl/comments1.xml": f"<c>{CARD}</c>",
            "docProps/core.xml": f"<c>{CARD}</c>",
        }
    )


def pptx(*lines: str) -> bytes:
    """One slide, with notes."""
    body = "".join(
        f"<a:p><a:r><a:t>{line[:9]}</a:t></a:r><a:r><a:t>{line[9:]}</a:t></a:r></a:p>" for line in lines
    )
    return zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{_CT}"/>',
            "_rels/.rels": f'<Relationships xmlns="{_PR}"/>',
            "ppt/presentation.xml": f'<p:presentation xmlns:p="{_P}"/>',
            "ppt/slides/slide1.xml": f'<p:sld xmlns:p="{_P}" xmlns:a="{_A}">{body}</p:sld>',
            "ppt/notesSlides/notesSlide1.xml": f"<n>{CARD}</n>",
        }
    )


def odt(*lines: str) -> bytes:
    """An OpenDocument text with a note in the margin, and a remark between spans."""
    ns = "urn:oasis:names:tc:opendocument:xmlns"
    body = "".join(
        f"<text:p>{line[:8]}<text:span>{line[8:14]}</text:span>{line[14:]}</text:p>" for line in lines
    )
    remark = f"<text:p>before<office:annotation><text:p>{CARD}</text:p></office:annotation>after</text:p>"
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": f'<office:document-content xmlns:office="{ns}:office:1.0" xmlns:text="{ns}:text:1.0">'
            f"{body}{remark}</office:document-content>",
            "meta.xml": f"<m>{CARD}</m>",
            "META-INF/manifest.xml": f'<manifest:manifest xmlns:manifest="{ns}:manifest:1.0"><manifest:file-entry '
            'manifest:full-path="content.xml"/><manifest:file-entry manifest:full-path="meta.xml"/></manifest:manifest>',
        }
    )
