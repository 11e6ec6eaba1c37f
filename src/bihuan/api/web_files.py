"""The web app's built files, from memory: read and hashed once, found by name alone, so no path leads anywhere else.

`/console/…` and `/portal/…` are the two apps: a path that is no file and has no dot is a page of that app, and gets its
`index.html`. `/assets/…` carry a hash in their names and are kept by browsers for a year. Beside a file may lie `.br`
and `.gz`, made at build time, and given to who accepts them.
"""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
from litestar.types import ASGIApp, Receive, Scope, Send

from bihuan.api import run as runner
from bihuan.api.accept import best_encoding, is_listed
from bihuan.api.problem_json import problem_body
from bihuan.core import log
from bihuan.core.problems import NotFound, Problem

_APPS = ("console", "portal")
#: What a browser is told each kind of file is; the build makes no others, and a file of another kind is not served.
_TYPES = {
    ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp", ".avif": "image/avif",
    ".ico": "image/vnd.microsoft.icon", ".woff2": "font/woff2", ".json": "application/json",
    ".webmanifest": "application/manifest+json", ".txt": "text/plain; charset=utf-8", ".wasm": "application/wasm",
}  # fmt: skip
_ENCODINGS = {".br": "br", ".gz": "gzip"}
_YEAR = "public, max-age=31536000, immutable"
#: The policy of Vue's templates, and no other, may make markup from text.
_PAGE = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self';"
        " connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none';"
        " require-trusted-types-for 'script'; trusted-types vue"
    ),
}
_log = log.get("web_files")


class MethodNotAllowed(Problem):
    """This address does not take that method."""

    status = 405
    zh = "此地址不支持该请求方法。"


class _Variant(msgspec.Struct, frozen=True, kw_only=True):
    content: bytes
    etag: str


class _File(msgspec.Struct, frozen=True, kw_only=True):
    """A file in each encoding there is; "identity" always."""

    media_type: str
    variants: Mapping[str, _Variant]


class _Reply(msgspec.Struct, frozen=True, kw_only=True):
    status: int
    content: bytes
    headers: Mapping[str, str]


def folder() -> Path:
    """The build of this release: inside the wheel, or in the checkout where `make setup` puts it."""
    inside = Path(__file__).parent.parent / "_data" / "web"
    return inside if inside.is_dir() else Path(__file__).parents[3] / "web" / "dist"


class WebFiles:
    """Answers what is below the apps' addresses; all else goes on to `app`."""

    def __init__(self, app: ASGIApp, path: Path) -> None:
        self._app = app
        self._files = dict(_read(path))
        if not self._files:
            _log.warning("web_app_not_built", folder=str(path))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        first = _first(scope["path"]) if scope["type"] == "http" else ""
        if scope["type"] != "http" or first not in (*_APPS, "assets"):
            await self._app(scope, receive, send)
            return
        scope["_operation"] = f"GET /{first}"  # pyright: ignore[reportGeneralTypeIssues]
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            if scope["method"] not in ("GET", "HEAD"):
                raise MethodNotAllowed
            reply = self._reply(scope["path"], first, headers)
        except Problem as problem:
            language = runner.language_of(headers)
            request_id = str(scope.get("_request_id", ""))
            reply = _Reply(
                status=problem.status,
                content=problem_body(problem, language, request_id),
                headers={"content-type": "application/problem+json"},
            )
        await _send(reply, send, head=scope["method"] == "HEAD")

    def _reply(self, path: str, first: str, headers: Mapping[str, str]) -> _Reply:
        if first in _APPS and f"/{first}/index.html" not in self._files:
            return _not_built()
        if path == f"/{first}" and first in _APPS:
            return _Reply(
                status=308, content=b"", headers={"location": f"/{first}/", "cache-control": "no-cache"}
            )
        file = self._files.get(path) or (
            self._files[f"/{first}/index.html"] if _is_page(path, first) else None
        )
        if file is None:
            raise NotFound
        told = _PAGE if file.media_type.startswith("text/html") else {}
        return _reply_with(
            file, headers, {**told, "cache-control": _YEAR if first == "assets" else "no-cache"}
        )


def _first(path: str) -> str:
    return path.split("/")[1] if path.startswith("/") else ""


def _is_page(path: str, first: str) -> bool:
    """A page of the app: no file's name, and nothing that could be meant to lead out of it."""
    return first in _APPS and path.isprintable() and not any(c in path for c in ".\\%")


def _reply_with(file: _File, asked: Mapping[str, str], told: Mapping[str, str]) -> _Reply:
    encoding = best_encoding(asked.get("accept-encoding", ""), [*file.variants])
    variant = file.variants[encoding]
    headers = {**told, "etag": variant.etag, "vary": "accept-encoding"}
    if is_listed(variant.etag, asked.get("if-none-match", "")):
        return _Reply(status=304, content=b"", headers=headers)
    headers["content-type"] = file.media_type
    if encoding != "identity":
        headers["content-encoding"] = encoding
    return _Reply(status=200, content=variant.content, headers=headers)


async def _send(reply: _Reply, send: Send, *, head: bool) -> None:
    headers = [(k.encode(), v.encode()) for k, v in reply.headers.items()]
    if reply.status != 304:
        headers.append((b"content-length", str(len(reply.content)).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else reply.content, "more_body": False})


def _read(path: Path) -> Iterator[tuple[str, _File]]:
    """Each file of the build with its address. A symbolic link is none: it could lead anywhere."""
    for first in (*_APPS, "assets"):
        top = path / first
        if top.is_symlink():
            continue
        for file in sorted(top.rglob("*")):
            media_type = _TYPES.get(file.suffix)
            if media_type is None or not _is_own(file, path):
                continue
            beside = {name: file.with_name(file.name + ending) for ending, name in _ENCODINGS.items()}
            found = {name: other for name, other in beside.items() if _is_own(other, path)}
            variants = {name: _variant(one) for name, one in {**found, "identity": file}.items()}
            yield f"/{file.relative_to(path).as_posix()}", _File(media_type=media_type, variants=variants)


def _is_own(file: Path, top: Path) -> bool:
    """A regular file that no symbolic link leads to."""
    return file.is_file() and file.resolve() == top.resolve() / file.relative_to(top)


def _variant(file: Path) -> _Variant:
    content = file.read_bytes()
    return _Variant(content=content, etag=f'"{hashlib.sha256(content).hexdigest()[:32]}"')


def _not_built() -> _Reply:
    page = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>闭环 Bihuan</title><h1>前端尚未构建</h1><p>请在源码目录运行 <code>make setup</code>,然后重新启动服务。</p>
<p>接口不受影响:<a href="/api">/api</a></p>
<div lang="en"><h1>The web app is not built</h1><p>Run <code>make setup</code> in the checkout, then start the desk again.</p>
<p>The API works as it is: <a href="/api">/api</a></p></div></html>"""
    headers = {"content-type": "text/html; charset=utf-8", "cache-control": "no-store"}
    return _Reply(status=503, content=page.encode(), headers=headers)
