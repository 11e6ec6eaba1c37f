"""What an agent does at a ticket, with the mouse; and what hands that know the keyboard alone do."""

import re
from typing import Any

from playwright.async_api import Locator, Page, expect

#: The name that a screen reader says of what has the focus, and the group it is in.
_FOCUSED = """() => {
  const one = document.activeElement
  if (!one || one === document.body) return ['', '']
  const label = one.getAttribute('aria-label') ?? (one.labels?.length ? one.labels[0].innerText : one.innerText)
  const group = one.closest('fieldset')?.querySelector('legend')?.innerText ?? ''
  return [(label ?? one.name ?? '').trim(), group.trim()]
}"""


async def open_ticket(page: Page, number: str) -> None:
    """Come to a ticket by its address."""
    await page.goto(f"/console/tickets/{number}")
    await expect(page.get_by_role("heading", level=1)).to_contain_text(number)


def button(within: Page | Locator, name: str) -> Locator:
    """A button by the beginning of its name: its key may stand behind it."""
    return within.get_by_role("button", name=re.compile(f"^{re.escape(name)}"))


async def say(page: Page, words: str, *, note: bool = False) -> None:
    """Answer the customer, or note something for colleagues."""
    if note:
        await page.get_by_role("radio", name="内部备注").check(force=True)
    await page.get_by_label("给同事的备注" if note else "给客户的答复").fill(words)
    await button(page, "保存备注" if note else "发送答复").click()
    await expect(page.get_by_role("article").filter(has_text=words)).to_be_visible()


async def do(page: Page, verb: str, after: str, **answers: str) -> None:
    """A verb by its button, its questions answered (`lines`: what is written; `pick`: what is chosen), and the state after."""
    await button(page, verb).first.click()
    dialog = page.get_by_role("dialog")
    if "pick" in answers:
        await dialog.get_by_label(answers["pick"], exact=True).check(force=True)
    if "lines" in answers:
        await dialog.get_by_role("textbox").first.fill(answers["lines"])
    if answers:
        await button(dialog, verb).click()
    await expect(state(page, after)).to_be_visible()
    await expect(dialog).to_have_count(0)


async def check_off(page: Page, *names: str) -> None:
    """Tick steps and papers."""
    await button(page, "步骤与材料").last.click()
    dialog = page.get_by_role("dialog")
    for name in names:
        await dialog.get_by_label(name).check()
    await button(dialog, "确定").click()
    await expect(dialog).to_have_count(0)


async def fill_fields(page: Page, values: dict[str, Any]) -> None:
    """Fill in the case's fields: a text, `("choose", label)` of a list, `("pick", label)` of answers side by side,
    `("money", amount)`.
    """
    await button(page, "修改内容").last.click()
    dialog = page.get_by_role("dialog")
    for label, value in values.items():
        if isinstance(value, str):
            await dialog.get_by_label(label, exact=False).first.fill(value)
        elif value[0] == "choose":
            await dialog.get_by_label(label).select_option(label=value[1])
        elif value[0] == "money":
            await dialog.get_by_role("group", name=label).get_by_label("金额").fill(value[1])
        else:
            group = dialog.get_by_role("radiogroup", name=re.compile(label))
            await group.get_by_label(value[1], exact=True).check(force=True)
    await button(dialog, "确定").click()
    await expect(dialog).to_have_count(0)


class Keys:
    """Hands that know only the keyboard."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def press(self, *keys: str) -> None:
        """Keys, one after the other."""
        for key in keys:
            await self.page.keyboard.press(key)

    async def focused(self) -> tuple[str, str]:
        """Name of what has the focus, and of the group it is in."""
        name, group = await self.page.evaluate(_FOCUSED)
        return str(name), str(group)

    async def tab_to(self, name: str, *, most: int = 80) -> None:
        """Tab until the focus is on something whose name, or group's name, begins like this."""
        for _ in range(most):
            here, group = await self.focused()
            if here.startswith(name) or group.startswith(name):
                return
            await self.page.keyboard.press("Tab")
        raise AssertionError(f"the Tab key does not lead to {name}")

    async def tick(self, name: str) -> None:
        """Tick a box."""
        await self.tab_to(name)
        await self.page.keyboard.press("Space")

    async def choose(self, group: str, name: str) -> None:
        """Choose one of several answers side by side."""
        await self.tab_to(group)
        for _ in range(12):
            if (await self.focused())[0] == name and await self.page.evaluate(
                "() => document.activeElement.checked"
            ):
                return
            await self.page.keyboard.press("Space" if (await self.focused())[0] == name else "ArrowDown")
        raise AssertionError(f"the arrow keys do not lead to {name}")

    async def select(self, label: str, name: str) -> None:
        """Choose one of a list."""
        await self.tab_to(label)
        for _ in range(12):
            text = await self.page.evaluate(
                "() => document.activeElement.selectedOptions?.[0]?.textContent.trim()"
            )
            if text == name:
                return
            await self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{name} is not in the list")

    async def write(self, name: str, words: str) -> None:
        """Write into a field."""
        await self.tab_to(name)
        await self.page.keyboard.insert_text(words)


def state(page: Page, word: str) -> Locator:
    """The ring of the open ticket, at this state."""
    return page.get_by_role("img", name=re.compile(f"第 ?. ?阶段.*{word}"))
