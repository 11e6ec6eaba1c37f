"""Files that are refused: said beside the file, in words; nothing written is lost."""

import re

from playwright.async_api import Page, expect

from tests.journeys import customer
from tests.journeys.agent import open_ticket
from tests.journeys.bank import Bank
from tests.journeys.browser import PHONE
from tests.journeys.conftest import LIMITS, People

#: Milliseconds at most until a picture has been read for numbers: seconds of work, more on a machine with much to do.
_READ = 90_000
_WORDS = "这是我还没有写完的话"
_TOO_LARGE = customer.file("large.png", "image/png", b"\x89PNG\r\n\x1a\n" + bytes(LIMITS["attachment_bytes"]))
_NOT_THIS = customer.file("tool.exe", "application/x-msdownload", b"MZ\x90\x00" + bytes(2000))


async def test_at_the_portal(bank: Bank, people: People) -> None:
    ticket = await bank.ticket("general", customer=bank.customer())
    person = await people(PHONE)
    page = person.page
    for status in (413, 415, 422):
        person.expects(status, r"/attach")
    await page.goto(await bank.link(ticket=ticket["number"]))
    await page.get_by_label("给我们留言").fill(_WORDS)
    part = page.get_by_role("region", name="图片与文件")
    await _refused(page, part.locator("input[type=file]"), _TOO_LARGE)
    await _refused(page, part.locator("input[type=file]"), _NOT_THIS)
    await person.picture("portal-upload-refused")
    await expect(page.get_by_label("给我们留言")).to_have_value(_WORDS)
    png = customer.file("page.png", "image/png", await page.screenshot())
    await part.locator("input[type=file]").first.set_input_files(png)  # pyright: ignore
    await expect(part.get_by_text("page.png").first).to_be_visible()
    await bank.checked()
    await expect(part.get_by_role("link", name=re.compile("page.png"))).to_be_visible(timeout=_READ)


async def test_at_the_console(bank: Bank, people: People) -> None:
    await bank.hire("wang")
    ticket = await bank.ticket("general", customer=bank.customer())
    person = await people()
    page = person.page
    for status in (413, 415, 422):
        person.expects(status, r"/attach")
    await bank.signed_in(person, "wang")
    await open_ticket(page, ticket["number"])
    await page.get_by_label("给客户的答复").fill(_WORDS)
    await _refused(page, page.locator("input[type=file]"), _TOO_LARGE)
    await _refused(page, page.locator("input[type=file]"), _NOT_THIS)
    await expect(page.get_by_label("给客户的答复")).to_have_value(_WORDS)
    png = customer.file("page.png", "image/png", await page.screenshot())
    await page.locator("input[type=file]").first.set_input_files(png)  # pyright: ignore
    await expect(page.get_by_text("page.png").first).to_be_visible()
    await bank.checked()
    await expect(page.get_by_role("link", name=re.compile("page.png")).first).to_be_visible(timeout=_READ)


async def _refused(page: Page, picker, file) -> None:
    await picker.first.set_input_files(file)
    line = page.get_by_role("listitem").filter(has_text=file["name"])
    await expect(line.get_by_role("alert")).to_contain_text(re.compile("上限|类型"))
