"""The checks of looks.py can fail: each on a page planted with the fault it is for, and none on a page without."""

import pytest
from playwright.async_api import Page

from tests.journeys import looks
from tests.journeys.looks import Wanted

_PAGE = """<!doctype html><html lang="{lang}"><head><title>{title}</title><meta name="viewport" content="width=device-width">
<style>body {{ font: 16px/1.6 'Noto Sans CJK SC', sans-serif; margin: 16px; color: #111; background: #fff }}
 .unseen {{ position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }}
 button {{ min-height: 44px; min-width: 44px; border: 1px solid #555; background: #fff; color: #111 }}
 :focus-visible {{ outline: 2px solid #06c }}</style></head>
<body><main><h1>{title}</h1>{body}</main></body></html>"""
_CLEAN = {
    "zh": "<p>您的工单正在处理。</p><p class=unseen>只给读屏软件的很长很长的一句话</p><button>发送</button>",
    "en": "<p>We are looking into it.</p><button>Send</button>",
}
_TITLES = {"zh": "我的工单", "en": "My tickets"}
_PLANTED = {
    "text wider than its box": (
        "zh",
        "<p style='width:60px;overflow:hidden;white-space:nowrap'>一段很长很长的文字</p>",
    ),
    "text higher than its box": (
        "zh",
        "<p style='height:20px;width:90px;overflow:hidden'>一段很长很长的文字要折行</p>",
    ),
    "text cut off": (
        "zh",
        "<div style='width:80px;overflow:hidden'><p style='width:300px'>一段很长很长的文字在这里</p></div>",
    ),
    "a placeholder is cut off": (
        "zh",
        "<input aria-label='号' placeholder='请输入一段很长很长的说明文字' style='width:60px'>",
    ),
    "the page scrolls sideways": ("zh", "<div style='width:3000px'>宽</div>"),
    "key without a text": ("zh", "<p>ticket.state.opened</p>"),
    "Chinese on an English page": ("en", "<p>待处理</p>"),
    "English on a Chinese page": ("zh", "<p>This has never been translated.</p>"),
    "a hole in a text": ("en", "<p>You have undefined tickets</p>"),
    "an id for machines": ("zh", "<p>受理人是01a2010b-d57f-7438-b54b-365f9c2ab3a8</p>"),
    "no glyph": ("zh", "<p>工单\U0010fffd</p>"),
    "smaller than 44 px": ("zh", "<button style='min-height:20px;height:20px'>发</button>"),
}


async def _open(page: Page, language: str, more: str = "", title: str = "") -> None:
    body = _CLEAN[language] + more
    lang = "zh-CN" if language == "zh" else "en"
    await page.set_content(_PAGE.format(lang=lang, title=title or _TITLES[language], body=body))


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_clean_page_passes(blank: Page, language: str) -> None:
    await _open(blank, language)
    wanted = Wanted(language="zh" if language == "zh" else "en", tap=44)
    assert await looks.looks(blank, wanted) == []
    assert await looks.axe(blank) == []
    assert await looks.han_fonts(blank) == []
    assert await looks.focus(blank) == []


@pytest.mark.parametrize("what", _PLANTED)
async def test_a_planted_fault_is_found(blank: Page, what: str) -> None:
    language, more = _PLANTED[what]
    await _open(blank, language, more)
    found = await looks.looks(blank, Wanted(language="zh" if language == "zh" else "en", tap=44))
    assert [line for line in found if line.startswith(what)], found


async def test_attributes_and_the_title_are_words_too(blank: Page) -> None:
    await _open(blank, "en", "<button aria-label='关闭'>×</button>", title="工单")
    found = await looks.looks(blank, Wanted(language="en"))
    assert len([line for line in found if line.startswith("Chinese")]) >= 2, found


async def test_data_is_in_whatever_language(blank: Page) -> None:
    await _open(blank, "en", "<p>待处理: 张三</p>")
    assert await looks.looks(blank, Wanted(language="en", data=["待处理", "张三"])) == []


async def test_a_text_of_its_own_shows_in_the_pseudo_language(blank: Page) -> None:
    more = "<p>[Šéñð·]</p><p>Plain</p><p>general</p>"
    await blank.set_content(_PAGE.format(lang="en", title="[Ţîţ·]", body=more))
    found = await looks.looks(blank, Wanted(language="en", pseudo=True, data=["general"]))
    assert [line.partition(":")[0] for line in found] == ["a text of its own"] and "Plain" in found[0]


@pytest.mark.parametrize(
    ("rule", "more"),
    [
        ("color-contrast", "<p style='color:#bbb'>看不清的字</p>"),
        ("label", "<input>"),
        ("target-size", "<button style='all:unset;width:9px;height:9px'>甲</button><button style='all:unset;width:9px;height:9px'>乙</button>"),
        ("button-name", "<button></button>"),
        ("page-has-heading-one", "<script>document.querySelector('h1').remove()</script>"),
    ],
)  # fmt: skip
async def test_axe_finds(blank: Page, rule: str, more: str) -> None:
    await _open(blank, "zh", more)
    assert [line for line in await looks.axe(blank) if line.startswith(f"axe {rule}:")]


async def test_contrast_is_judged_in_the_theme_of_now(blank: Page) -> None:
    """Readable by day, not by night."""
    more = "<style>@media (prefers-color-scheme: dark) { body { background: #222 } }</style>"
    await _open(blank, "zh", more)
    assert await looks.axe(blank) == []
    await blank.emulate_media(color_scheme="dark")
    assert [line for line in await looks.axe(blank) if "color-contrast" in line]


async def test_a_font_that_is_not_chinese_is_found(blank: Page) -> None:
    await _open(blank, "zh", "<p style=\"font-family:'Noto Sans CJK JP'\">直接</p>")
    assert await looks.han_fonts(blank) == ["Han characters in Noto Sans CJK JP"]


async def test_a_focus_that_is_not_seen_is_found(blank: Page) -> None:
    await _open(blank, "zh", "<button style='outline:none'>暗处</button>")
    found = await looks.focus(blank)
    assert len(found) == 1 and "暗处" in found[0]
