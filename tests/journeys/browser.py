"""A person at a browser of their own, who notices whatever goes wrong in it."""

import asyncio
import base64
import contextlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Request,
    Response,
    Route,
)

from tests.conftest import ROOT

PROGRAM = "/usr/bin/chromium"
MISSING = (
    f"Chromium is needed at {PROGRAM} for the journeys: `make setup` installs it (apt-get install chromium)"
)
UNBUILT = "The web app is not built: `make setup` builds it (npm --prefix web run build)"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--lang=zh-CN", "--force-color-profile=srgb", "--hide-scrollbars")  # fmt: skip
#: A picture in the docs is no larger.
PICTURE_BYTES = 200_000
_COLOURS = """async (png) => {
  const image = new Image()
  image.src = `data:image/png;base64,${png}`
  await image.decode()
  const {width, height} = image
  const pen = new OffscreenCanvas(width, height).getContext('2d')
  pen.drawImage(image, 0, 0)
  const dots = new Uint32Array(pen.getImageData(0, 0, width, height).data.buffer)
  const counts = new Map()
  for (const dot of dots) counts.set(dot, (counts.get(dot) ?? 0) + 1)
  const kept = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 256).map(([dot]) => dot)
  const parts = (dot) => [dot & 255, (dot >> 8) & 255, (dot >> 16) & 255]
  const far = (a, b) => parts(a).reduce((sum, part, at) => sum + (part - parts(b)[at]) ** 2, 0)
  const at = new Map(kept.map((dot, index) => [dot, index]))
  for (const dot of counts.keys())
    if (!at.has(dot)) at.set(dot, kept.reduce((best, one, index) => (far(one, dot) < far(kept[best], dot) ? index : best), 0))
  const text = (bytes) => {
    let said = ''
    for (let from = 0; from < bytes.length; from += 8192) said += String.fromCharCode(...bytes.slice(from, from + 8192))
    return btoa(said)
  }
  return {width, height, palette: text(kept.flatMap(parts)), dots: text(Uint8Array.from(dots, (dot) => at.get(dot)))}
}"""
#: Whether a frame came within two seconds.
_DRAWN = """() => new Promise((done) => {
  requestAnimationFrame(() => setTimeout(() => done(true)))
  setTimeout(() => done(false), 2000)
})"""
#: A refusal or a broken connection is told by `_answered` and `_failed`, with its address.
_TOLD_ELSEWHERE = "Failed to load resource"
_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody looks through. `zoom` 2 is a browser at 200 %: half the room, twice the dots."""

    language: Literal["zh", "en"] = "zh"
    theme: Literal["light", "dark"] = "light"
    width: int = 1440
    height: int = 900
    zoom: int = 1

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in CSS pixels."""
        return self.width // self.zoom, self.height // self.zoom


PHONE = View(width=390, height=844)


class Person:
    """One browser context, its page, and all that went wrong there.

    What a test expects to be refused it declares beforehand by `expects`; all else fails it at the end.
    """

    def __init__(self, context: BrowserContext, origin: str, view: View, pictures: list[Path]) -> None:
        self.context, self.origin, self.view = context, origin, view
        self.faults: list[str] = []
        #: Every request to the API, as "GET /api/v1/tickets", in order.
        self.asked: list[str] = []
        self._told: set[str] = set()
        self._under_way: set[Request] = set()
        self._quiet = asyncio.Event()
        self._hearing: list[asyncio.Task[None]] | None = None
        self._pictures = pictures
        self._expected: list[tuple[int, re.Pattern[str]]] = []
        context.on("page", self._watch)
        context.on("request", self._requested)
        context.on("requestfinished", self._ended)
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)
        context.on("console", self._said)
        context.on("weberror", lambda error: self.faults.append(f"error in the page: {error.error}"))

    page: Page

    @classmethod
    async def sit_down(cls, browser: Browser, origin: str, view: View, pictures: list[Path]) -> "Person":
        """At a fresh browser: no cookies, no storage."""
        width, height = view.size
        context = await browser.new_context(
            base_url=origin,
            viewport={"width": width, "height": height},
            device_scale_factor=view.zoom,
            has_touch=view.width < 600,
            is_mobile=view.width < 600,
            locale="zh-CN" if view.language == "zh" else "en-GB",
            timezone_id="Asia/Shanghai",
            color_scheme=view.theme,
            reduced_motion="reduce",
        )
        context.set_default_timeout(10_000)
        person = cls(context, origin, view, pictures)
        person.page = await context.new_page()
        return person

    async def fresh_page(self) -> None:
        """Leave the page, whatever it does, for a new one of the same browser: still signed in."""
        left, self.page = self.page, await asyncio.wait_for(self.context.new_page(), 20)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(left.close(), 20)

    def expects(self, status: int, path: str) -> None:
        """Answers of this status (0: none at all) at addresses that match are no fault."""
        self._expected.append((status, re.compile(path)))

    def count(self, what: str) -> int:
        """How often something was asked: "GET /api/v1/tickets" exactly, whatever the query."""
        return self.asked.count(what)

    async def quiet(self) -> None:
        """Until the page has what it asked the desk for, and has drawn it."""
        while True:
            await self._drawn()
            if not self._under_way:
                return
            await asyncio.wait_for(self._quiet.wait(), 20)

    async def _drawn(self) -> None:
        """Until the page has drawn once more.

        A browser without a screen has been seen to draw no more while its scripts went on: it is called to the front and
        given its size again.
        """
        for _ in range(5):
            async with asyncio.timeout(20):
                if await self.page.evaluate(_DRAWN):
                    return
                await self.page.bring_to_front()
                if (size := self.page.viewport_size) is not None:
                    await self.page.set_viewport_size({"width": size["width"], "height": size["height"] + 1})
                    await self.page.set_viewport_size(size)
        raise AssertionError("the page draws no more")

    async def picture(self, name: str, *, whole: bool = False) -> None:
        """Keep how it looks now. With BIHUAN_PICTURES=1 the docs' pictures are taken anew, but for those in a folder."""
        await self.quiet()
        shot = await self.page.screenshot(full_page=whole, animations="disabled", caret="hide")
        is_for_docs = len(self._pictures) > 1 and "/" not in name
        if is_for_docs:
            shot = await self._smaller(shot)
            assert len(shot) <= PICTURE_BYTES, f"{name} is too large for the docs: {len(shot)} bytes"
        for folder in self._pictures if is_for_docs else self._pictures[:1]:
            file = folder / f"{name}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(shot)

    async def _smaller(self, png: bytes) -> bytes:
        """The same picture in its 256 commonest colours; a rarer one becomes the nearest of them."""
        page = await self.context.new_page()
        told = await page.evaluate(_COLOURS, base64.b64encode(png).decode())
        await page.close()
        palette, dots = (base64.b64decode(told[name]) for name in ("palette", "dots"))
        return indexed(told["width"], told["height"], palette, dots)

    def _watch(self, page: Page) -> None:
        page.on("crash", lambda _: self.faults.append("the page crashed"))

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_TOLD_ELSEWHERE):
            self.faults.append(f"console {message.type}: {message.text}")

    def _requested(self, request: Request) -> None:
        at = urlsplit(request.url)
        if at.scheme in ("data", "blob", "about"):
            return
        if f"{at.scheme}://{at.netloc}" != self.origin:
            self.faults.append(f"a request to elsewhere: {request.url}")
        if at.path.startswith("/api/"):
            self.asked.append(f"{request.method} {at.path}")
            if not at.path.endswith("/live"):
                self._under_way.add(request)
                self._quiet.clear()
        for secret in ("bhl_", "k="):
            if secret in at.query or "bhl_" in request.headers.get("referer", ""):
                self.faults.append(f"a secret in an address: {at.path}")

    def _ended(self, request: Request) -> None:
        self._under_way.discard(request)
        if not self._under_way:
            self._quiet.set()

    def _failed(self, request: Request) -> None:
        self._ended(request)
        # A page that is left ends what it was asking.
        if request.failure != "net::ERR_ABORTED" and not self._is_expected(0, request.url):
            self.faults.append(f"no answer: {request.method} {request.url} {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and not self._is_expected(response.status, response.url):
            self.faults.append(f"{response.status}: {response.request.method} {response.url}")
        if self._hearing is not None and "json" in response.headers.get("content-type", ""):
            self._hearing.append(asyncio.create_task(self._hear(response)))

    async def _hear(self, response: Response) -> None:
        # The answer to a page that was left meanwhile is gone with it.
        with contextlib.suppress(Error):
            self._keep(json.loads(await response.body()))

    def keep_answers(self) -> None:
        """Keep every text that the API answers from now on: see `heard`."""
        self._hearing = []

    async def heard(self) -> set[str]:
        """Every text in what the API answered so far: data, in whatever language."""
        await asyncio.gather(*(self._hearing or []))
        return self._told

    def _keep(self, value: object) -> None:
        if isinstance(value, str):
            self._told.add(value)
        elif isinstance(value, dict):
            for one in value.values():  # pyright: ignore[reportUnknownVariableType]
                self._keep(one)
        elif isinstance(value, list):
            for one in value:  # pyright: ignore[reportUnknownVariableType]
                self._keep(one)

    def _is_expected(self, status: int, url: str) -> bool:
        return any(status == one and path.search(url) for one, path in self._expected)


async def serve_from(context: BrowserContext, dist: Path) -> None:
    """Give this browser the web app of another build; the API stays the desk's."""

    async def give(route: Route) -> None:
        path = urlsplit(route.request.url).path
        file = dist / path.lstrip("/")
        if not file.suffix:
            file = dist / path.split("/")[1] / "index.html"
        await route.fulfill(
            body=file.read_bytes(), content_type=_TYPES.get(file.suffix, "application/octet-stream")
        )

    for pattern in ("**/console/**", "**/portal/**", "**/assets/**"):
        await context.route(
            lambda url, p=pattern: urlsplit(url).path.startswith(p.replace("*", "")[:-1]), give
        )


def pseudo_build(folder: Path) -> Path:
    """Build the web app, every text of it accented, apart from the one that is served; its folder."""
    web = folder / "web"
    left_out = shutil.ignore_patterns("node_modules", "dist")
    shutil.copytree(ROOT / "web", web, ignore=left_out, symlinks=True)
    (web / "node_modules").symlink_to(ROOT / "web" / "node_modules")
    # The virtual environment brings a Node of its own.
    node = shutil.which("node", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert node, UNBUILT
    done = subprocess.run(
        [node, "scripts/build.mjs", "--pseudo"], cwd=web, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return web / "dist"


def indexed(width: int, height: int, palette: bytes, dots: bytes) -> bytes:
    """A PNG of a byte a dot (PNG specification, colour type 3)."""
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    lines = b"".join(b"\0" + dots[at : at + width] for at in range(0, width * height, width))
    parts = ((b"IHDR", head), (b"PLTE", palette), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in parts)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def picture_folders(run: Path, *, docs: bool) -> list[Path]:
    """Where pictures of this run are kept."""
    return [run, ROOT / "docs" / "pictures"] if docs else [run]
