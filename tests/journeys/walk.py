"""The walk through every page: which there are, how one comes to each, and what must be right with it at every size."""

import asyncio
import contextlib
import os
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal

import msgspec
from playwright.async_api import expect

from tests.conftest import figure
from tests.journeys import looks
from tests.journeys.bank import Bank
from tests.journeys.browser import Person
from tests.journeys.looks import Wanted
from tests.tickets.doing import WAYS

WHOLE = os.environ.get("BIHUAN_TEST_LONG") == "1"
Language = Literal["zh", "en"]
Json = dict[str, Any]
_THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
#: Width and height in CSS pixels. The last two are a tablet and a desk at 200 %.
SIZES = ((360, 740), (390, 844), (768, 1024), (1440, 900), (384, 512), (720, 450))
_SAMPLED: dict[Language, tuple[tuple[int, int], ...]] = {
    "zh": (SIZES[1], SIZES[3]),
    "en": (SIZES[0], SIZES[5]),
}
Go = Callable[[Person, Json], Awaitable[None]]


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """A page, how one comes to it, and what more is done there before it is looked at.

    `closely`: the language in which a sample does all there is to do; in the other it looks at each size alone.
    `anew`: what is done there is done at each size, where it may not outlast the change of size.
    """

    name: str
    path: str
    then: Go | None = None
    closely: Language | None = None
    anew: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether one comes there without reading a text of ours."""
        return self.then not in (form, judged)


def some(stops: tuple[Stop, ...], *names: str) -> tuple[Stop, ...]:
    """These pages in a sample; all of them in a long run."""
    return stops if WHOLE else tuple(stop for stop in stops if stop.name in names)


async def form(person: Person, _: Json) -> None:
    """A case is chosen, the questions stand there."""
    await (
        person.page.get_by_role("button")
        .or_(person.page.get_by_role("link"))
        .filter(has_text=_CASE[person.view.language])
        .first.click()
    )
    await expect(person.page.get_by_role("group").first).to_be_visible()


async def judged(person: Person, _: Json) -> None:
    """Judged with nothing in it: each refusal stands beside its question."""
    await person.page.get_by_role("button", name=_CHECK[person.view.language]).click()
    await expect(person.page.get_by_role("heading", name=_REVIEW[person.view.language])).to_be_visible()


async def to_sign_in(person: Person, _: Json) -> None:
    """The form is there: until then the page says that it starts."""
    await expect(person.page.get_by_role("textbox").first).to_be_visible()


def _key(key: str) -> Go:
    async def press(person: Person, _: Json) -> None:
        # Keys work once all parts of the page are there, which nothing on the screen tells.
        dialog = person.page.get_by_role("dialog")
        for _ in range(10):
            await person.page.keyboard.press(key)
            with contextlib.suppress(AssertionError):
                return await expect(dialog).to_be_visible(timeout=1_000)
        raise AssertionError(f"the key {key} does nothing")

    return press


_CASE = {"zh": "账单争议", "en": "Disputed bill"}
_CHECK = {"zh": "提交前核对", "en": "Check before sending"}
_REVIEW = {"zh": "核对结果", "en": "What we found"}
CONSOLE = (
    Stop(name="queue", path="/console/?who=any"),
    Stop(name="queue-empty", path="/console/"),
    Stop(name="keys", path="/console/", then=_key("?")),
    Stop(name="search", path="/console/", then=_key("/")),
    Stop(name="new", path="/console/new"),
    Stop(name="new-form", path="/console/new", then=form),
    Stop(name="ticket", path="/console/tickets/{number}"),
    Stop(name="ticket-check", path="/console/tickets/{number}", then=_key("k")),
    Stop(name="ticket-fields", path="/console/tickets/{number}", then=_key("e")),
    Stop(name="ticket-transfer", path="/console/tickets/{number}", then=_key("t")),
    Stop(name="nothing", path="/console/nothing/here"),
)
PORTAL = (
    Stop(name="home", path="/portal/"),
    Stop(name="form", path="/portal/new/disputed_bill"),
    Stop(name="form-wrong", path="/portal/new/disputed_bill", then=judged),
    Stop(name="ticket", path="/portal/tickets/{number}"),
    Stop(name="solved", path="/portal/tickets/{solved}"),
    Stop(name="my-data", path="/portal/my-data"),
    Stop(name="progress", path="/portal/progress"),
)


async def seen(person: Person, stops: Sequence[Stop], ticket: Json, tap: int = 0) -> list[str]:
    """What is wrong, stop by stop; everything at once, so that one run tells all."""
    found: list[str] = []
    for stop in stops:
        wanted = wanted_of(ticket, person.view.language, tap)
        try:
            found += await _stopped_at(person, stop, ticket, wanted)
        except TimeoutError:
            # Rarely a browser without a screen answers no more; what is wrong with the page, a fresh one shows as well.
            figure(f"the browser stood still at {stop.name}, {wanted.language}: seen again in a fresh page")
            await person.fresh_page()
            found += await _stopped_at(person, stop, ticket, wanted)
    return found


async def _stopped_at(person: Person, stop: Stop, ticket: Json, wanted: Wanted) -> list[str]:
    """One stop, and what is wrong there. Raises TimeoutError."""
    async with asyncio.timeout(300 if WHOLE else 90):
        await visit(person, stop, ticket)
        return await _faults(person, stop, wanted)


async def filled(bank: Bank) -> Json:
    """A ticket on which much has happened, and others beside it."""
    await bank.hire("wang")
    for case_type in ("general", "lost_card", "settlement_delay"):
        await bank.ticket(case_type)
    solved = await bank.ticket("general", customer=bank.customer())
    for verb, command in WAYS["resolved"]:
        solved = await bank.do(verb, solved, **command)
    ticket = await bank.ticket(customer=bank.customer())
    ticket = await bank.do("reply", ticket, body=_WORDS[0])
    ticket = await bank.do("note", ticket, body=_WORDS[1])
    ticket = await bank.do("tag", ticket, add=[_WORDS[2]])
    cases = ("disputed_bill", "general", "lost_card", "settlement_delay")
    examples = [(await bank.house.example(case))["description"] for case in cases]
    return {
        **ticket,
        "solved": solved["number"],
        "others": [
            *await bank.titles(),
            *examples,
            solved["fields"],
            *(command for _, command in WAYS["resolved"]),
        ],
    }


_START = re.compile("^闭环 · (工单台|服务进度)$")
_NAMES = ("Wang", "Supervisor", "测试", "张**", "张示例")
#: What is said on the ticket: a long line without a space among it.
_WORDS = (
    "您好，请补充签购单。参考 https://example.com/" + "a-very-long-address/" * 8,
    "已致电客户，未接通。",
    "重复扣款",
)


def wanted_of(ticket: Json, language: Language, tap: int = 0) -> Wanted:
    """What the tests wrote is in whatever language."""
    names = ("title", "elements", "fields", "others")
    parts = [ticket.get(name) or [] for name in names]
    return Wanted(
        language=language,
        tap=tap,
        data=[text for text in (*texts_in(parts), *_WORDS, *_NAMES) if len(text) > 1],
    )


def texts_in(value: Any) -> list[str]:
    """Every text in a value, however deep; long ones by their lines too."""
    if isinstance(value, str):
        return [value, *(line for line in value.splitlines() if len(line) > 1)]
    if isinstance(value, dict):
        return [text for one in value.values() for text in texts_in(one)]
    return [text for one in value for text in texts_in(one)] if isinstance(value, list) else []


async def visit(person: Person, stop: Stop, ticket: Json) -> None:
    """Come to a page afresh, in a window of the person's own size."""
    width, height = person.view.size
    await person.page.set_viewport_size({"width": width, "height": height})
    await person.page.goto(stop.path.format(**ticket))
    await expect(person.page.get_by_role("heading", level=1)).to_be_visible()
    await person.quiet()
    # Each page has a name of its own, which comes with it.
    await expect(person.page).not_to_have_title(_START)
    if stop.then is not None:
        await stop.then(person, ticket)


async def _faults(person: Person, stop: Stop, wanted: Wanted) -> list[str]:
    """What is wrong with the page at each size, and with its colours in each theme. The page stays as it is otherwise."""
    found: list[str] = []
    page, language = person.page, wanted.language
    await page.emulate_media(color_scheme="light", reduced_motion="reduce")
    sizes = (person.view.size,) if person.view.zoom > 1 else SIZES if WHOLE else _SAMPLED[language]
    is_close = WHOLE or stop.closely in (None, language)
    for number, (width, height) in enumerate(sizes):
        await page.set_viewport_size({"width": width, "height": height})
        # What goes to another place at a width does so a frame later.
        await person.quiet()
        if stop.anew and stop.then is not None:
            await stop.then(person, {})
        where = f"{stop.name} {language} {width}"
        found += [f"{where}: {line}" for line in await looks.looks(page, wanted)]
        for theme in _THEMES if WHOLE else _THEMES[number : number + 1] if is_close else ():
            await page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            found += [f"{where} {theme}: {line}" for line in await looks.axe(page)]
            if WHOLE:
                await person.picture(f"pages/{stop.name}-{language}-{theme}-{width}")
    if WHOLE or (is_close and language == "zh"):
        found += [f"{stop.name} {language}: {line}" for line in await looks.han_fonts(page)]
        found += [f"{stop.name} {language}: {line}" for line in await looks.focus(page)]
    return found
