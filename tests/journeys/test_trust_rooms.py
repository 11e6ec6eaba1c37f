"""The rooms of what protects people, at a real browser: a person erased by two, a false hit released and taken back, who
must have a second factor, and one proof of who it is for whatever asks for it, with nothing typed twice.
"""

import re
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Locator, Page, expect

from bihuan.core.db import Query
from tests.journeys import agent
from tests.journeys.bank import PASSWORD, Bank, Json
from tests.journeys.browser import PHONE, Person
from tests.journeys.conftest import People

Act = Callable[[Page], Awaitable[None]]
ORDER = "6222020200112230"
#: As if it were long since anybody signed in.
_FORGET = Query(
    name="test.forget", sql="update session set confirmed_at = null where tenant_id = %(tenant_id)s"
)


async def _forget(bank: Bank) -> None:
    async with bank.house.desk.database.work(bank.house.tenant_id) as work:
        await work.run(_FORGET)


async def _proved(page: Page) -> None:
    """Asked again who one is: the password, once."""
    dialog = page.get_by_role("dialog", name="请再次验证身份")
    await dialog.get_by_label("密码").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(dialog).to_be_hidden()


async def _closed(bank: Bank, mobile: str) -> Json:
    ticket = await bank.ticket("general", title="蓝鲸号码头的扣款", customer=bank.customer(mobile))
    return await bank.do("withdraw", ticket, proof="客户来电撤回")


def _erasure(page: Page, state: str) -> Locator:
    return page.get_by_role("listitem").filter(has_text=state)


async def test_a_person_is_erased_by_two(bank: Bank, people: People) -> None:
    await bank.hire("he", "compliance")
    await bank.hire("liu")
    open_ = await bank.ticket("general", customer=bank.customer("13700137000"))
    asks = await people()
    page = asks.page
    asks.expects(403, r"/erase$")
    await bank.signed_in(asks, "he", f"/console/tickets/{open_['number']}")
    await expect(page.get_by_text(f"暂不能删除：工单 {open_['number']} 尚未结案。")).to_be_visible()
    ticket = await _closed(bank, "13600136000")
    await agent.open_ticket(page, ticket["number"])
    await _forget(bank)
    await page.get_by_role("button", name="申请删除个人信息").click()
    await page.get_by_label("删除依据").select_option(label="保存期限已届满")
    await page.get_by_role("button", name="提交申请").click()
    await _proved(page)
    await expect(page.get_by_text("申请删除，等待复核。")).to_be_visible()
    await page.get_by_role("link", name="去复核").click()
    await expect(page.get_by_text("您提出的申请须由另一位同事复核。")).to_be_visible()
    await expect(page.get_by_role("button", name="复核")).to_have_count(0)
    decides = await people(PHONE)
    await bank.signed_in(decides, "liu", "/console/privacy/erasures")
    await decides.page.get_by_role("button", name="复核").click()
    dialog = decides.page.get_by_role("dialog", name="复核")
    await expect(dialog.get_by_text("136****6000")).to_be_visible()
    await expect(dialog.get_by_text("没有须继续保存的理由。")).to_be_visible()
    await decides.picture("erasure-decide")
    await dialog.get_by_role("button", name="同意删除").click()
    await expect(_erasure(decides.page, "已删除")).to_be_visible()
    await decides.picture("erasures")
    await agent.open_ticket(page, ticket["number"])
    await expect(page.get_by_text("〔已删除〕").first).to_be_visible()
    await expect(page.get_by_text(re.compile("个人信息已于.*删除，不可恢复。"))).to_be_visible()
    await expect(page.get_by_text("蓝鲸号码头的扣款")).to_have_count(0)


async def test_a_false_hit_is_released_and_taken_back(bank: Bank, people: People) -> None:
    await bank.hire("liu")
    ticket = await bank.ticket("general", description=f"订单 {ORDER} 未到账，请核对。")
    person = await people()
    page = person.page
    await bank.signed_in(person, "liu", f"/console/tickets/{ticket['number']}")
    masked = page.get_by_role("article").get_by_role("button", name=re.compile("卡号.*按此查看明文"))
    await masked.click()
    await page.get_by_role("button", name="不是个人信息，放行").click()
    dialog = page.get_by_role("dialog", name="放行误报的卡号")
    await dialog.get_by_role("button", name="放行", exact=True).click()
    await expect(dialog.get_by_text("请至少写 5 个字").first).to_be_visible()
    await dialog.get_by_label("它是什么").fill("商户订单号，见对账单")
    await person.picture("hit-release")
    await dialog.get_by_role("button", name="放行", exact=True).click()
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_role("article").get_by_text(ORDER)).to_be_visible()
    await expect(page.get_by_text("放行了一个误报的号码")).to_be_visible()
    await page.goto("/console/privacy/hits")
    await expect(page.get_by_text("622202******2230").first).to_be_visible()
    await page.get_by_role("button", name="撤销放行").click()
    await page.get_by_role("button", name="撤销放行").click()
    await expect(page.get_by_text("没有放行的号码")).to_be_visible()
    await agent.open_ticket(page, ticket["number"])
    await expect(masked).to_be_visible()
    await expect(page.get_by_text(ORDER)).to_have_count(0)


async def test_who_must_have_a_second_factor_is_set_and_felt(bank: Bank, people: People) -> None:
    await bank.hire("root", "admin")
    await bank.hire("sun", "trainer")
    admin = await people()
    page = admin.page
    admin.expects(403, r"/api/v1/sign-in/policy$")
    await bank.signed_in(admin, "root", "/console/people/sign-in")
    await _forget(bank)
    part = page.get_by_role("region", name="第二验证方式", exact=True)
    await part.locator("summary").click()
    await part.get_by_label("培训师").check()
    await part.get_by_role("button", name="保存").click()
    await _proved(page)
    await expect(part.get_by_text("已保存，下次登录起生效。")).to_be_visible()
    row = page.get_by_role("listitem").filter(has_text="Sun")
    await page.reload()
    await expect(row.get_by_text("须设置第二验证方式")).to_be_visible()
    await admin.picture("sign-in-admin", whole=True)
    trainer = await people()
    trainer.expects(401, r"/api/v1/session$")
    await _sign_in(trainer, bank, "sun", PASSWORD)
    await expect(trainer.page.get_by_role("heading", level=1)).to_have_text("设置身份验证器")
    await row.get_by_role("button", name="发放一次性密码").click()
    await row.get_by_role("button", name="确定").click()
    given = await page.locator(".given").inner_text()
    await _sign_in(trainer, bank, "sun", given)
    await expect(trainer.page.get_by_role("heading", level=1)).to_have_text("请设置新密码")


async def _sign_in(person: Person, bank: Bank, login: str, password: str) -> None:
    await person.page.goto("/console/")
    await person.page.get_by_label("机构代码").fill(bank.code)
    await person.page.get_by_label("账号", exact=True).fill(login)
    await person.page.get_by_label("密码").fill(password)
    await person.page.get_by_role("button", name="登录", exact=True).click()


async def test_a_service_is_added_tried_and_removed(bank: Bank, people: People) -> None:
    await bank.hire("root", "admin")
    person = await people()
    page = person.page
    # Nobody listens there.
    person.expects(424, r"/check$")
    person.expects(503, r"/check$")
    await bank.signed_in(person, "root", "/console/people/sign-in")
    part = page.get_by_role("region", name="统一登录服务", exact=True)
    await part.get_by_role("button", name="添加服务").click()
    dialog = page.get_by_role("dialog", name="添加统一登录服务")
    await dialog.get_by_role("button", name="保存").click()
    await expect(dialog.get_by_text("请填写。").first).to_be_visible()
    for label, text in (
        ("代码", "sso"), ("签发者", "http://127.0.0.1:9"), ("中文名称", "统一登录"), ("英文名称", "SSO"),
        ("客户端 ID", "desk"), ("角色来自的声明", "groups"),
    ):  # fmt: skip
        await dialog.get_by_label(label).first.fill(text)
    await dialog.get_by_label("声明的值与角色").fill("客服一部 = agent, lead")
    await dialog.get_by_role("button", name="保存").click()
    await expect(dialog).to_have_count(0)
    row = part.get_by_role("listitem").filter(has_text="统一登录")
    await expect(row.get_by_text("没有客户端密钥")).to_be_visible()
    await row.get_by_role("button", name="检查连接").click()
    await expect(part.get_by_role("alert")).to_be_visible()
    await row.get_by_role("button", name="删除").click()
    await row.get_by_role("button", name="删除").click()
    await expect(part.get_by_text("还没有统一登录服务")).to_be_visible()


async def _rights(page: Page) -> None:
    row = page.get_by_role("listitem").filter(has_text="Qian")
    await row.get_by_role("button", name="权限").click()
    dialog = page.get_by_role("dialog")
    await dialog.locator("summary").first.click()
    await dialog.get_by_label("培训师").check()
    await dialog.get_by_role("button", name="保存").click()
    await _proved(page)
    await expect(dialog).to_have_count(0)
    await expect(row.get_by_text("培训师")).to_be_visible()


async def _export(page: Page) -> None:
    await page.get_by_role("button", name="导出证据包").click()
    await _proved(page)
    await expect(page.get_by_text(re.compile(r"\.zip"))).to_be_visible(timeout=60_000)


async def _looks(page: Page) -> None:
    await page.get_by_role("button", name="修改规则").click()
    await page.get_by_label("每人每日可查看明文").fill("60")
    await page.get_by_role("button", name="保存").click()
    await _proved(page)
    await expect(page.get_by_text("已保存为第 1 版。")).to_be_visible()
    await expect(page.get_by_text("60 条")).to_be_visible()


@pytest.mark.parametrize(
    ("role", "act", "path", "refused"),
    [
        ("admin", _rights, "/console/people", "/rights$"),
        ("supervisor", _export, "/console/tickets/{number}", "/evidence-package$"),
        ("compliance", _looks, "/console/privacy/looks", "/looks/policy$"),
    ],
    ids=["rights", "evidence", "looks"],
)
async def test_who_it_is_is_asked_once_and_the_act_goes_on(
    bank: Bank, people: People, role: str, act: Act, path: str, refused: str
) -> None:
    await bank.hire("qian", "agent")
    await bank.hire(f"{role}-again", role)
    ticket = await bank.ticket("general")
    person = await people()
    person.expects(403, refused)
    await bank.signed_in(person, f"{role}-again", path.format(**ticket))
    await _forget(bank)
    await act(person.page)
