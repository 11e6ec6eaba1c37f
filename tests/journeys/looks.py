"""What is wrong with how a page looks: clipped, foreign, untranslated, unreadable, unreachable.

Each check is proved in test_looks.py on a page planted with the fault it is for.
"""

from pathlib import Path
from typing import Any, Literal

import msgspec
from playwright.async_api import CDPSession, Page

from tests.conftest import ROOT

#: WCAG 2.2 A and AA, and what axe holds to be good practice for landmarks and headings.
AXE_RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_LOOKS = (Path(__file__).parent / "looks.js").read_text(encoding="utf-8")
_AXE = ROOT / "web/node_modules/axe-core/axe.min.js"
#: Colours that are inherited may follow one another, level by level: settled is what stands still for three frames.
_SETTLED = """async () => {
  for (let still = 0, frame = 0; still < 3 && frame < 120; frame += 1) {
    await new Promise((done) => { requestAnimationFrame(done); setTimeout(done, 500) })
    still = document.getAnimations().some((one) => one.playState === 'running') ? 0 : still + 1
  }
}"""
_RUN_AXE = """async (rules) => {
  const told = await axe.run(document, {runOnly: rules, resultTypes: ['violations']})
  // What lies half under a bar that stays in place can be scrolled out from under it.
  const isScrolledUnder = (v, n) => v.id === 'target-size' && /partially obscured/.test(n.failureSummary ?? '')
  return told.violations.flatMap((v) => v.nodes.filter((n) => !isScrolledUnder(v, n)).map((n) =>
    `axe ${v.id}: ${n.target.join(' ')} — ${(n.failureSummary ?? v.help).replace(/\\s+/g, ' ').slice(0, 220)}`))
}"""
#: One element with Han characters for each stack of fonts on the page.
_HAN = """() => {
  const found = new Map()
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const family = getComputedStyle(node.parentElement).fontFamily
    if (/\\p{Script=Han}/u.test(node.data) && node.parentElement.checkVisibility() && !found.has(family))
      found.set(family, node.parentElement)
  }
  return [...found.values()]
}"""
_FOCUSED = """async () => {
  await new Promise((done) => { requestAnimationFrame(done); setTimeout(done, 500) })
  const element = document.activeElement
  if (!element || element === document.body) return null
  const marks = (one) => {
    const style = getComputedStyle(one)
    return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== 'none'
  }
  let seen = false
  for (let one = element, up = 0; one && up < 3; one = one.parentElement, up += 1)
    if (marks(one) && (one === element || one.matches(':focus-within'))) seen = true
  const label = element.closest('label')
  if (label && marks(label)) seen = true
  const sibling = element.nextElementSibling
  if (element.matches('input[type=radio], input[type=checkbox], input[type=file]') && sibling && marks(sibling)) seen = true
  const box = element.getBoundingClientRect()
  const within = box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth
  if (!element.dataset.stop) element.dataset.stop = String(document.querySelectorAll('[data-stop]').length + 1)
  return {stop: element.dataset.stop, seen, within, small: box.width <= 1.5 || box.height <= 1.5,
    what: `${element.localName}${element.id ? '#' + element.id : ''}.${element.className} ${(element.getAttribute('aria-label')
      || element.textContent || element.name || '').trim().slice(0, 40)}`}
}"""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """How a page shall look: its language, what on it is data in whatever language, and how large a target is."""

    language: Literal["zh", "en"]
    pseudo: bool = False
    data: list[str] = []
    tap: int = 0


async def looks(page: Page, wanted: Wanted) -> list[str]:
    """Faults of words, geometry, glyphs and targets as the page stands now; a few milliseconds."""
    return list(await page.evaluate(_LOOKS, msgspec.to_builtins(wanted)))


async def axe(page: Page) -> list[str]:
    """Faults that axe finds, in the theme of now: WCAG 2.2 AA, contrast and target size among them."""
    await page.evaluate(_SETTLED)
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(_AXE.read_text(encoding="utf-8"))
    return list(await page.evaluate(_RUN_AXE, list(AXE_RULES)))


async def han_fonts(page: Page) -> list[str]:
    """Han characters in a font that is not made for them, as the browser really draws them."""
    session = await page.context.new_cdp_session(page)
    found: list[str] = []
    try:
        await session.send("DOM.enable")
        await session.send("CSS.enable")
        count = len(await page.evaluate(_HAN))
        for number in range(count):
            names = [font["familyName"] for font in await _fonts(session, f"({_HAN})()[{number}]")]
            if "Last Resort" in names or not any(_is_chinese(name) for name in names):
                found.append(f"Han characters in {', '.join(names) or 'no font'}")
    finally:
        await session.detach()
    return found


async def _fonts(session: CDPSession, element: str) -> list[dict[str, Any]]:
    await session.send("DOM.getDocument", {"depth": 0})
    remote = await session.send("Runtime.evaluate", {"expression": element})
    node = await session.send("DOM.requestNode", {"objectId": remote["result"]["objectId"]})
    answer = await session.send("CSS.getPlatformFontsForNode", {"nodeId": node["nodeId"]})
    return list(answer["fonts"])


def _is_chinese(name: str) -> bool:
    """Whether a family is a Chinese one: of Japanese forms of the characters there is no use here."""
    known = (
        "PingFang",
        "HarmonyOS",
        "MiSans",
        "YaHei",
        "WenQuanYi",
        "Heiti",
        "CJK SC",
        "Sans SC",
        "Han Sans CN",
    )
    return any(one in name for one in known)


async def focus(page: Page, *, most: int = 80) -> list[str]:
    """Stops of the Tab key where the focus cannot be seen, or none at all. Leaves the focus where the walk ended."""
    stops: list[str] = []
    found: list[str] = []
    first = await page.evaluate(_FOCUSED)
    stops += [first["stop"]] if first else []
    for _ in range(most):
        await page.keyboard.press("Tab")
        stop = await page.evaluate(_FOCUSED)
        if stop is None or stop["stop"] in stops:
            break
        stops.append(stop["stop"])
        if not stop["seen"]:
            found.append(f"focus not seen: {stop['what']}")
        if not stop["within"]:
            found.append(f"focus out of view: {stop['what']}")
    return found if stops else ["nothing can be reached by the Tab key"]
