"""The search itself: what it must find, and that it finds nothing else."""

import base64
import gzip
import json
import quopri
import random
import zlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from bihuan.core.embedded import EmbeddedServer
from tests.trust.search import _OVERLAP, _PIECE, Search
from tests.trust.toast import pglz, unpacked

CARD, ID, MOBILE, MAIL, NAME = (
    "4111111111111111",
    "11010519491231002X",
    "13800138000",
    "li.shi@bank.example",
    "张示例",
)
SEARCH = Search(numbers=[CARD, ID, MOBILE], words=[MAIL, NAME], beside=[("CVV", "739"), ("验证码", "482917")])
Form = Callable[[bytes], bytes]

FORMS: dict[str, Form] = {
    "plain": lambda b: b,
    "hex": lambda b: b.hex().encode(),
    "hex within": lambda b: b"\\x00ff" + b.hex().upper().encode() + b"0",
    "hex off by one": lambda b: b"a" + b.hex().encode(),
    "base64": base64.b64encode,
    "base64 in lines": base64.encodebytes,
    "base64 for addresses": base64.urlsafe_b64encode,
    "base64 within": lambda b: base64.b64encode(b"x" + b + b"y")[2:],
    "zlib": zlib.compress,
    "zlib, fast": lambda b: zlib.compress(b, 1),
    "gzip": gzip.compress,
    "utf-16-le": lambda b: b.decode().encode("utf-16-le"),
    "utf-16-be": lambda b: b.decode().encode("utf-16-be"),
    "gb18030": lambda b: b.decode().encode("gb18030"),
    "json": lambda b: json.dumps(b.decode()).encode(),
    "percent": lambda b: quote(b.decode(), safe="").encode(),
    "quoted-printable": quopri.encodestring,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("value", [CARD, ID, MOBILE, MAIL, NAME])
def test_every_form(form: str, value: str) -> None:
    data = FORMS[form](f"前面的话 say {value} 后面 more words".encode())
    assert SEARCH.in_bytes(data) == {value}
    noise = random.Random(form).randbytes(3_000) if form != "gb18030" else "别的话".encode("gb18030") * 500
    assert value in SEARCH.in_bytes(noise + b" " + data + b" " + noise)


def test_what_postgresql_compresses(server: EmbeddedServer, database: str) -> None:
    """It is there, is not found in the bytes as they lie, and is found once they are unpacked."""
    words = "41111111 x 11111111 411 y " * 120 + f"d {ID[:12]} e {ID[8:]} f {ID}"
    with psycopg.connect(server.url("postgres", database), autocommit=True) as owner:
        owner.execute("create table packed_words (words text)")
        try:
            owner.execute("insert into packed_words values (%s)", [words])
            asked = "select pg_column_size(words), pg_relation_filepath('packed_words') from packed_words"
            ((size, path),) = owner.execute(asked).fetchall()
            owner.execute("checkpoint")
            data = (server.cluster / path).read_bytes()
        finally:
            owner.execute("drop table packed_words")
    assert size < len(words) / 4
    assert ID not in SEARCH.in_bytes(data)
    assert [v.decode() for v in unpacked(data)] == [words]
    assert pglz(data[8_000:], 100) == b""


@pytest.mark.parametrize("outer", ["hex", "base64", "zlib", "gzip", "utf-16-le", "json"])
@pytest.mark.parametrize("inner", ["hex", "base64", "json", "utf-16-be", "gzip"])
def test_one_within_another(outer: str, inner: str) -> None:
    packed = FORMS[inner](f"card {CARD} it is".encode())
    if outer in ("utf-16-le", "json"):
        packed = packed if packed.isascii() and b"\x00" not in packed else packed.hex().encode()
    assert SEARCH.in_bytes(FORMS[outer](packed)) == {CARD}


@pytest.mark.parametrize("form", ["base64", "base64 in lines", "quoted-printable", "hex"])
def test_another_charset_within(form: str) -> None:
    packed = FORMS[form](f"尊敬的客户{NAME}，验证码482917。".encode("gb18030"))
    assert SEARCH.in_bytes(b"Subject: x\r\n\r\n" + packed) == {NAME, "482917"}


def test_many_encoded_parts_in_one() -> None:
    """What is decoded together is neither joined nor lost: a value at each end of each, and halves that are none."""
    draw = random.Random(3)
    words = ["".join(draw.choices("abcdefgh", k=draw.randrange(5, 30))) for _ in range(300)]
    halves = [base64.b64encode(f"{word} {half}".encode()) for word in words for half in (CARD[:8], CARD[8:])]
    assert SEARCH.in_bytes(b"\n".join(halves)) == set()
    whole = base64.b64encode(MOBILE.encode()), base64.b64encode(f"{words[0]}{NAME}".encode())
    assert SEARCH.in_bytes(b" ; ".join([*halves, *whole, *halves])) == {MOBILE, NAME}


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1111", "4111-1111-1111-1111", "4111.1111/1111_1111", "4111\n1111\r\n1111\t1111", "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
        "４１１１１１１１１１１１１１１１", "四一一一一一一一一一一一一一一一", "肆壹壹壹-壹壹壹壹-壹壹壹壹-壹壹壹壹", "4ll1 1111 1IIl 1111",
        "41\u200b11111111111111", "④①①①①①①①①①①①①①①①", "x4111111111111111y", "0411111111111111100",
    ],
)  # fmt: skip
def test_however_it_is_written(text: str) -> None:
    assert CARD in SEARCH.in_bytes(text.encode())


@pytest.mark.parametrize("text", ["CVV 739", "cvv:7 3 9", "验证码是482917", "CVV码为：739。"])
def test_secrets_beside_their_word(text: str) -> None:
    assert SEARCH.in_bytes(text.encode()) & {"739", "482917"}


@pytest.mark.parametrize(
    "text",
    [
        "", "411111******1111", "6222 0200 0000 0000", "CVV ***", "739", "482917", "CVV 7391", "138****8000", "张*例",
        "4111 apples and 1111 pears, 1111 plums, 1111 figs",
    ],
)  # fmt: skip
def test_nothing_else(text: str) -> None:
    assert SEARCH.in_bytes(text.encode()) == set()


def test_noise_holds_nothing() -> None:
    assert SEARCH.in_bytes(random.Random(7).randbytes(300_000)) == set()


@pytest.mark.parametrize("at", [_PIECE - 8, _PIECE - _OVERLAP, _PIECE * 2 - 20, 0])
def test_across_the_pieces_of_a_file(tmp_path: Path, at: int) -> None:
    file = tmp_path / "big"
    file.write_bytes(b"\0" * at + b" " + CARD.encode() + b" " + b"\0" * 100)
    assert SEARCH.in_file(file) == {CARD}
    (tmp_path / f"{MOBILE}.txt").write_bytes(b"")
    assert SEARCH.in_folder(tmp_path) == {"big": {CARD}, f"{MOBILE}.txt": {MOBILE}}
