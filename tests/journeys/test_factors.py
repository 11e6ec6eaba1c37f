"""Second factors at a real browser: an authenticator, recovery codes, a passkey of Chromium's own, and asking again."""

import re

import pytest
from playwright.async_api import Page, expect

from bihuan.core import clock
from bihuan.core.db import Query
from bihuan.identity import totp
from tests.journeys import walk
from tests.journeys.bank import PASSWORD, Bank, Json
from tests.journeys.browser import PHONE, Person, View
from tests.journeys.conftest import People

#: As if it were long since anybody signed in.
_FORGET = Query(
    name="test.forget", sql="update session set confirmed_at = null where tenant_id = %(tenant_id)s"
)


async def _password(page: Page, bank: Bank, login: str) -> None:
    await page.get_by_label("机构代码").fill(bank.code)
    await page.get_by_label("账号", exact=True).fill(login)
    await page.get_by_label("密码").fill(PASSWORD)
    await page.get_by_role("button", name="登录", exact=True).click()


async def _out(person: Person) -> None:
    # A page that is open goes on asking.
    await person.page.goto("about:blank")
    await person.context.clear_cookies()
    await person.page.goto("/console/")
    await expect(person.page.get_by_role("heading", level=1)).to_have_text("登录工单台")


async def _set_up(page: Page) -> str:
    """An authenticator, by the page: the secret it shows beside the QR code."""
    part = page.get_by_role("region", name="身份验证器", exact=True)
    await part.get_by_role("button", name="设置", exact=True).click()
    await expect(part.get_by_role("img", name="身份验证器二维码")).to_be_visible()
    secret = (await part.locator("code").inner_text()).replace(" ", "")
    await part.get_by_label("动态验证码").fill("000000")
    await part.get_by_role("button", name="确认").click()
    await expect(part.get_by_role("alert")).to_contain_text("不正确")
    await part.get_by_label("动态验证码").fill(totp.code_at(secret, clock.now()))
    await part.get_by_role("button", name="确认").click()
    return secret


async def test_an_authenticator_is_set_up_and_asked_for(bank: Bank, people: People) -> None:
    await bank.hire("wang")
    person = await people()
    page = person.page
    person.expects(401, r"/api/v1/session$")
    person.expects(422, r"/api/v1/session/")
    await bank.signed_in(person, "wang", "/console/security")
    await _set_up(page)
    codes = page.get_by_role("list", name="恢复码").get_by_role("listitem")
    await expect(codes).to_have_count(10)
    first = await codes.first.inner_text()
    await person.picture("security-codes")
    await page.get_by_role("button", name="已保存，继续").click()
    await expect(page.get_by_text("还剩 10 个未使用")).to_be_visible()
    await person.picture("security", whole=True)
    await _out(person)
    await _password(page, bank, "wang")
    await expect(page.get_by_role("heading", level=1)).to_have_text("第二步验证")
    await expect(page.get_by_label("动态验证码")).to_be_focused()
    await person.picture("sign-in-second")
    await page.keyboard.type("000000")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("不正确")
    await page.get_by_role("button", name="改用恢复码").click()
    await page.get_by_label("恢复码").fill(first.upper())
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).not_to_have_text("第二步验证")
    await page.goto("/console/security")
    await expect(page.get_by_text("还剩 9 个未使用")).to_be_visible()


async def test_a_passkey_signs_in_without_a_password(bank: Bank, people: People) -> None:
    await bank.hire("zhou")
    # A passkey is bound to a name; the journeys' server is reached by its address otherwise.
    named = re.sub(r"127\.0\.0\.1", "localhost", bank.origin)
    person = await people()
    person.origin = named
    person.expects(401, r"/api/v1/session$")
    page = person.page
    devices = await person.context.new_cdp_session(page)
    await devices.send("WebAuthn.enable")
    await devices.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
                "isUserVerified": True, "automaticPresenceSimulation": True,
            }
        },
    )  # fmt: skip
    await page.goto(f"{named}/console/")
    await _password(page, bank, "zhou")
    await expect(page.get_by_role("heading", level=1)).not_to_have_text("登录工单台")
    await page.goto(f"{named}/console/security")
    part = page.get_by_role("region", name="通行密钥", exact=True)
    await part.get_by_role("button", name="添加通行密钥").click()
    await part.get_by_label("名称").fill("办公电脑")
    await part.get_by_role("button", name="添加通行密钥").click()
    await expect(page.get_by_role("list", name="恢复码").get_by_role("listitem")).to_have_count(10)
    await expect(part.get_by_text("办公电脑")).to_be_visible()
    await page.goto("about:blank")
    await person.context.clear_cookies()
    await page.goto(f"{named}/console/")
    await page.get_by_role("button", name="用通行密钥登录").click()
    await expect(page.get_by_role("heading", level=1)).not_to_have_text("登录工单台")
    await page.goto(f"{named}/console/security")
    await expect(part.get_by_text("上次使用")).to_be_visible()
    await expect(page.get_by_role("region", name="会话")).to_contain_text("通行密钥")


async def test_what_is_sensitive_asks_again_and_goes_on(bank: Bank, people: People) -> None:
    await bank.hire("qian")
    person = await people(PHONE)
    page = person.page
    person.expects(403, r"/api/v1/session/authenticator$")
    person.expects(422, r"/api/v1/session/confirm$")
    await bank.signed_in(person, "qian", "/console/security")
    async with bank.house.desk.database.work(bank.house.tenant_id) as work:
        await work.run(_FORGET)
    part = page.get_by_role("region", name="身份验证器", exact=True)
    await part.get_by_role("button", name="设置", exact=True).click()
    dialog = page.get_by_role("dialog", name="请再次验证身份")
    await expect(dialog.get_by_label("密码")).to_be_focused()
    await person.picture("confirm-again")
    await page.keyboard.type("not-the-password")
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_role("alert")).to_contain_text("密码不正确")
    await dialog.get_by_label("密码").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(dialog).to_be_hidden()
    await expect(part.get_by_role("img", name="身份验证器二维码")).to_be_visible()
    await person.picture("security-phone", whole=True)


async def _all_open(person: Person, _: Json) -> None:
    """The password's form and the authenticator's code, both at once."""
    page = person.page
    form = page.locator("input[name=old-password]")
    if await form.count() == 0:
        await page.locator("section").nth(0).get_by_role("button").first.click()
        await page.locator("section").nth(1).get_by_role("button").first.click()
    await expect(form).to_be_visible()
    await expect(page.locator("section svg[role=img]")).to_be_visible()


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_how_it_looks(bank: Bank, people: People, language: walk.Language) -> None:
    await bank.hire("sun")
    person = await people(View(language=language))
    await bank.signed_in(person, "sun", "/console/security")
    stops = [
        walk.Stop(name="security", path="/console/security"),
        walk.Stop(name="security-forms", path="/console/security", then=_all_open),
    ]
    found = await walk.seen(
        person, stops, {"others": ["Chrome · Linux", "Microsoft Authenticator", "FreeOTP", "App"]}
    )
    assert not found, "\n".join(found)
