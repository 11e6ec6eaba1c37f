"""Two customers found to be one person and parted again; and a person told what is held of them, at a real browser."""

import re
import zipfile

from playwright.async_api import expect

from bihuan.core.outbox import deliver_due
from tests.journeys import agent, looks
from tests.journeys.bank import Bank
from tests.journeys.browser import PHONE
from tests.journeys.conftest import People
from tests.journeys.looks import Wanted

MOBILE = "13800138000"


async def test_two_customers_become_one_person_and_two_again(bank: Bank, people: People) -> None:
    await bank.hire("liu")
    one = await bank.ticket(
        "general", customer={"external_ref": "C-1", "name": "张示例", "mobiles": [MOBILE]}
    )
    other = await bank.ticket(
        "general",
        customer={"external_ref": "C-2", "name": "张示例", "mobiles": [MOBILE, "13900139000"], "tier": "vip"},
    )
    person = await people()
    page = person.page
    await bank.signed_in(person, "liu", f"/console/tickets/{one['number']}")
    await page.get_by_role("button", name="查找重复客户").click()
    dialog = page.get_by_role("dialog", name="可能是同一人的客户")
    await expect(dialog.get_by_text("相同：手机号 138****8000")).to_be_visible()
    await dialog.get_by_role("button", name="合并到当前客户").click()
    await expect(dialog.get_by_text("请先选择一位客户。")).to_be_visible()
    await dialog.get_by_role("radio").check()
    await dialog.get_by_role("button", name="合并到当前客户").click()
    await expect(dialog.get_by_text("请说明依据（至少 2 个字）").first).to_be_visible()
    await dialog.get_by_label("依据什么确认是同一人").fill("来行出示证件，两个号码均为本人")
    await person.picture("merge-customers")
    assert await looks.looks(page, Wanted(language="zh")) == []
    await dialog.get_by_role("button", name="合并到当前客户").click()
    await expect(dialog.get_by_text("两个客户的等级不同")).to_be_visible()
    await dialog.get_by_role("button", name="关闭", exact=True).last.click()
    await expect(page.get_by_text("依据：来行出示证件，两个号码均为本人")).to_be_visible()
    await expect(page.get_by_text("139****9000")).to_be_visible()
    await agent.open_ticket(page, other["number"])
    await expect(page.get_by_text(f"此工单原属客户 …{other['customer']['id'][-8:]}。")).to_be_visible()
    await expect(page.get_by_text("确认客户与另一客户为同一人，已合并显示")).to_be_visible()
    await person.picture("merged-customer")
    await page.get_by_role("button", name="撤销合并").click()
    await page.get_by_role("dialog", name="撤销客户合并").get_by_role("button", name="撤销合并").click()
    await expect(page.get_by_text("撤销了客户合并").first).to_be_visible()
    await expect(page.get_by_text("此工单原属客户")).to_have_count(0)
    await expect(page.get_by_text("依据：")).to_have_count(0)


async def test_a_person_is_told_what_is_held_of_them(bank: Bank, people: People) -> None:
    await bank.hire("liu")
    told = {"external_ref": "C-1", "name": "张示例", "mobiles": [MOBILE]}
    await bank.ticket("general", description="我在绿洲书店被扣了两次", customer=told)
    customer = await people(PHONE)
    page = customer.page
    await page.goto(await bank.link(customer=told))
    await page.get_by_role("link", name="我的数据").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("我的数据")
    await page.get_by_role("button", name="申请查阅我的个人信息").click()
    await expect(page.get_by_text("已收到，等待审核")).to_be_visible()
    await expect(page.get_by_role("button", name="申请查阅我的个人信息")).to_have_count(0)
    decides = await people()
    await bank.signed_in(decides, "liu", "/console/privacy/access")
    await decides.page.get_by_role("button", name="复核").click()
    await decides.picture("access-decide")
    await decides.page.get_by_role("button", name="同意并生成文件").click()
    await deliver_due(bank.house.desk, tenant_id=bank.house.tenant_id)
    await expect(decides.page.get_by_text("可下载", exact=True)).to_be_visible()
    assert await looks.looks(decides.page, Wanted(language="zh")) == []
    await decides.picture("access")
    await page.reload()
    await expect(page.get_by_text("文件已生成，可下载")).to_be_visible()
    assert await looks.looks(page, Wanted(language="zh", tap=44)) == []
    await customer.picture("my-data")
    async with page.expect_download() as coming:
        await page.get_by_role("link", name="下载文件（ZIP）").click()
    path = await (await coming.value).path()
    with zipfile.ZipFile(path) as packed:
        html = packed.read("person.html").decode()
    assert "我在绿洲书店被扣了两次" in html and MOBILE in html
    read = await page.context.new_page()
    await read.set_content(html)
    await expect(read.get_by_role("heading", level=1)).to_have_text("我的个人信息")
    assert await read.evaluate("document.documentElement.scrollWidth <= innerWidth")
    async with decides.page.expect_download() as handed:
        await decides.page.get_by_role("button", name="代客户下载").click()
        await decides.page.get_by_role("dialog").get_by_role("button", name="代客户下载").click()
    assert re.fullmatch(r"person-\d{8}\.zip", (await handed.value).suggested_filename)
    await expect(decides.page.get_by_text("代为下载")).to_be_visible()
