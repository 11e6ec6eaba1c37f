"""Signing in at the console: wrong, refused for a while with the seconds, right; and a session that ends under one's hands."""

import re

from playwright.async_api import expect

from tests.journeys.bank import PASSWORD, Bank
from tests.journeys.browser import View
from tests.journeys.conftest import LIMITS, People


async def _fill(page, login: str, password: str, tenant: str = "") -> None:
    if tenant:
        await page.get_by_label("机构代码").fill(tenant)
    await page.get_by_label("账号", exact=True).fill(login)
    await page.get_by_label("密码").fill(password)
    await page.get_by_role("button", name="登录").click()


async def test_wrong_then_right(bank: Bank, people: People) -> None:
    await bank.hire("wang")
    person = await people()
    page = person.page
    person.expects(401, r"/api/v1/session$")
    await page.goto("/console/")
    await expect(page.get_by_role("heading", level=1)).to_have_text("登录工单台")
    await person.picture("sign-in")
    await _fill(page, "wang", "something-else-1", bank.code)
    await expect(page.get_by_role("alert")).to_be_visible()
    await expect(page.get_by_label("账号", exact=True)).to_have_value("wang")
    await page.get_by_label("密码").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).not_to_have_text("登录工单台")
    await page.reload()
    await expect(page.get_by_role("heading", level=1)).not_to_have_text("登录工单台")


async def test_too_many_tries_wait_with_the_seconds_counting_down(bank: Bank, people: People) -> None:
    await bank.hire("zhou")
    person = await people(View(width=390, height=844))
    page = person.page
    person.expects(401, r"/api/v1/session$")
    person.expects(429, r"/api/v1/session$")
    await page.goto("/console/")
    for _ in range(LIMITS["sign_in_tries"]):
        async with page.expect_response(lambda r: r.status == 401 and r.request.method == "POST"):
            await _fill(page, "zhou", "something-else-1", bank.code)
    async with page.expect_response(lambda r: r.status == 429):
        await _fill(page, "zhou", "something-else-1")
    told = page.get_by_role("alert")
    await expect(told).to_have_text(re.compile(r"\d+ ?秒"))
    await expect(page.get_by_role("button", name="登录")).to_be_disabled()
    await person.picture("sign-in-throttled")
    first = await told.inner_text()
    await expect(told).not_to_have_text(first)
