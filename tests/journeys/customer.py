"""What a customer does at the portal, by what stands on the screen."""

import re
from typing import Any

from playwright.async_api import Page, expect

Json = dict[str, Any]
#: A picture of a slip, as a phone makes one, but small.
SLIP = "slip.png"
#: Charged twice at one shop. The card number is from the public test range.
TWICE: Json = {
    "card": "6222020200112230",
    "bought_on": "2026-11-18",
    "amount": "28.50",
    "merchant": "示例便利店",
    "symptom": "同一笔消费扣了两次，我只买过一次，两笔都是 28.50 元。",
}


async def fill_in(page: Page) -> None:
    """A disputed bill, charged twice, from the choice of the case to the last question."""
    await page.get_by_role("link", name=re.compile("账单争议")).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("账单争议")
    await page.get_by_label("您觉得这笔交易哪里不对").select_option(label="同一笔扣了两次")
    await page.get_by_label("卡号").press_sequentially(TWICE["card"])
    await page.get_by_label("这笔交易是哪一天").fill(TWICE["bought_on"])
    await page.get_by_role("group", name="交易金额").get_by_label("金额").fill(TWICE["amount"])
    await page.get_by_label("商户名称").fill(TWICE["merchant"])
    await page.get_by_label("另一笔的交易日期").fill(TWICE["bought_on"])
    await page.get_by_label("现象").fill(TWICE["symptom"])


async def pick(page: Page, what: str, *files: Json) -> None:
    """Choose files under a heading."""
    part = page.locator("[data-pointer]").filter(has=page.get_by_role("heading", name=what))
    await part.locator("input[type=file]").set_input_files(list(files))  # pyright: ignore


def file(name: str, kind: str, content: bytes) -> Json:
    """A file to choose."""
    return {"name": name, "mimeType": kind, "buffer": content}
