"""Secrets as they are given and made: a password counts letter by letter, sessions and factors are long and new."""

import base64

import psycopg
import pytest

from tests.conftest import House
from tests.identity.people import PASSWORD, browser, sign_in, signed_in, take, title, with_totp

_BITS = 128


@pytest.mark.parametrize(
    "typed",
    [
        f"{PASSWORD} ",
        f" {PASSWORD}",
        PASSWORD.upper(),
        PASSWORD[:-1],
        PASSWORD[:8],
        PASSWORD.replace(" ", ""),
    ],
)
async def test_a_password_counts_as_it_is_typed(house: House, typed: str) -> None:
    await house.token("agent", login="li", password=PASSWORD)
    assert title(await sign_in(browser(house), house, password=typed)) == (401, "WrongSignIn")
    take(at := browser(house), await sign_in(at, house))


async def test_one_of_two_hundred_characters(house: House) -> None:
    long = "我家的猫不喜欢下雨天出门 and it says so. " * 8
    await house.token("agent", login="li", password=long[:200])
    take(at := browser(house), await sign_in(at, house, password=long[:200]))
    assert title(await sign_in(browser(house), house, password=long[:199])) == (401, "WrongSignIn")


async def test_a_session_is_new_whatever_the_browser_brought(house: House) -> None:
    await house.token("agent", login="li", password=PASSWORD)
    at = await signed_in(house)
    first = at.cookies["bihuan_session"]
    take(at, await sign_in(at, house))
    planted = browser(house)
    planted.cookies.set("bihuan_session", first)
    answer = take(planted, await sign_in(planted, house))
    given = answer.headers["set-cookie"].partition("bihuan_session=")[2].partition(";")[0]
    assert len({first, at.cookies["bihuan_session"], given}) == 3
    assert all(_bits_of(one) >= _BITS for one in (first, given))


async def test_factors_are_drawn_long(house: House) -> None:
    await house.token("agent", login="li", password=PASSWORD)
    secret, codes = await with_totp(await signed_in(house))
    assert len(base64.b32decode(secret + "=" * (-len(secret) % 8))) * 8 >= _BITS
    bare = {code.replace("-", "") for code in codes}
    assert len(bare) == len(codes) == 10
    assert min(len(code) for code in bare) * 5 >= 50, "five bits a letter"


async def test_a_new_tenant_has_nobody(house: House, owner: psycopg.Connection) -> None:
    count = "select count(*) from staff where tenant_id = %s"
    assert owner.execute(count, [house.tenant_id]).fetchall() == [(0,)]


def _bits_of(credential: str) -> int:
    """Of the secret at the end, base32."""
    return len(credential.rpartition("_")[2]) * 5
