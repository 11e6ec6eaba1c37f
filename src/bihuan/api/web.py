"""The web framework's part: routes from operations, problem+json, request ids, logs and metrics."""

import asyncio
import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import structlog
from litestar import Litestar, Request, Response, route
from litestar.datastructures import Cookie, UploadFile
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from bihuan import identity, tickets
from bihuan.api import headers, health, metrics, pages, web_files
from bihuan.api import run as runner
from bihuan.api.problem_json import problem_body
from bihuan.api.streaming import Streaming
from bihuan.api.web_files import MethodNotAllowed, WebFiles
from bihuan.core import clock, ids, log
from bihuan.core.desk import Desk
from bihuan.core.http import File, Operation, operations
from bihuan.core.problems import NotFound, Problem, size
from bihuan.core.settings import Settings

_log = log.get("http")
_PREFIX = "/api/v1"
#: Seconds of cookies that live otherwise than a session.
_AGES = identity.COOKIE_AGES
#: `serve` stops the web processes a second after it says so.
_STOP_LOOK_SECONDS = 0.2
#: As proxies make them: 16 or 32 hexadecimal digits with a letter among them, or a UUID.
_REQUEST_ID = re.compile(
    rb"(?=[0-9-]*[a-f])(?:[0-9a-f]{16}|[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
)


class BodyTooLarge(Problem):
    """The request is larger than {limit}."""

    status = 413
    zh = "请求超过 {limit} 的上限。"


class BodyTooSlow(Problem):
    """The request's body did not come in time; please send it again."""

    status = 408
    zh = "请求内容未在规定时间内传完，请重新发送。"


class BadRequest(Problem):
    """The request is not well formed."""

    zh = "请求格式不正确。"


class Broken(Problem):
    """Something is wrong on our side; it is on record under the request id."""

    status = 500
    zh = "系统内部出错，已按请求编号记录。"


def create(desk: Desk, *, stopping: Callable[[], bool], files: Path | None = None) -> Litestar:
    """The web app of a desk. `stopping` tells when the server is on its way down; `files` another build of the apps."""
    limit = max(desk.settings.body_bytes, desk.settings.attachment_bytes * 2 + 65_536)

    ending: list[asyncio.Task[None]] = []

    async def start(_app: Litestar) -> None:
        await desk.start()
        ending.append(asyncio.create_task(_end_streams(desk, stopping)))

    async def stop(_app: Litestar) -> None:
        ending[0].cancel()
        await desk.stop()

    made = Litestar(
        route_handlers=[
            *(_handler(desk, one) for one in operations()),
            *health.handlers(desk, stopping),
            *pages.handlers(),
        ],
        on_startup=[start],
        on_shutdown=[stop],
        exception_handlers={Exception: partial(_on_error, limit)},
        openapi_config=None,
        logging_config=None,
        request_max_body_size=limit,
    )
    # Around everything: as the framework's middleware it would not see addresses and methods that have no handler.
    inner = WebFiles(made.asgi_handler, files or web_files.folder())
    made.asgi_handler = _Watch(inner, headers.of_every_answer(desk.settings))
    return made


async def _end_streams(desk: Desk, stopping: Callable[[], bool]) -> None:
    """A stream would go on for ever: at a stop it ends at once, before the server waits for its requests."""
    while not stopping():  # noqa: ASYNC110 - the flag is a file: the stop comes from another process
        await asyncio.sleep(_STOP_LOOK_SECONDS)
    tickets.live.end(desk)


def _handler(desk: Desk, operation: Operation) -> Any:
    path = _PREFIX + operation.path.replace("{", "{_").replace("}", ":str}")

    async def handle(request: Request[Any, Any, Any]) -> Response[bytes]:
        request.scope["_operation"] = f"{operation.method} {operation.path}"  # pyright: ignore[reportGeneralTypeIssues]
        asked = _asked(request)
        runner.before(desk, operation, asked)
        if operation.form:
            await runner.admit(desk, operation, asked)
        asked = await _with_body(desk, operation, request, asked)
        response = await runner.run(desk, operation, asked)
        if response.stream is not None:
            return Streaming(response.stream, media_type=response.media_type, headers=dict(response.headers))
        return Response(
            content=response.content,
            status_code=response.status,
            media_type=response.media_type,
            headers=dict(response.headers),
            cookies=[_cookie(name, value, desk.settings) for name, value in response.cookies.items()],
        )

    return route(path, http_method=[operation.method], status_code=200)(handle)


def _asked(request: Request[Any, Any, Any]) -> runner.Request:
    """All of the request that is there before its body."""
    return runner.Request(
        path={k.removeprefix("_"): str(v) for k, v in request.path_params.items()},
        query={k: v for k, v in request.query_params.items() if isinstance(v, str)},
        headers={name: _joined(request, name) for name in request.headers},
        cookies=dict(request.cookies),
        peer=request.client.host if request.client else "",
    )


async def _with_body(
    desk: Desk, operation: Operation, request: Request[Any, Any, Any], asked: runner.Request
) -> runner.Request:
    """The request whole. Who sends a byte now and then holds a connection, not for ever. Raises BodyTooSlow."""
    seconds = desk.settings.body_seconds
    try:
        async with asyncio.timeout(seconds * 10 if operation.form else seconds):
            if operation.form:
                return msgspec.structs.replace(asked, files=await _files(request))
            if operation.method == "GET":
                return asked
            return msgspec.structs.replace(asked, body=await _body(request, desk.settings))
    except TimeoutError as error:
        raise BodyTooSlow from error


async def _body(request: Request[Any, Any, Any], settings: Settings) -> bytes:
    length = request.headers.get("content-length", "0")
    if length.isdigit() and int(length) > settings.body_bytes:
        raise BodyTooLarge(limit=size(settings.body_bytes))
    body = await request.body()
    if len(body) > settings.body_bytes:
        raise BodyTooLarge(limit=size(settings.body_bytes))
    return body


def _joined(request: Request[Any, Any, Any], name: str) -> str:
    """A header's value; lines of one name are one list (RFC 9110 §5.3): a proxy may append a line of its own."""
    return ", ".join(request.headers.getall(name))


async def _files(request: Request[Any, Any, Any]) -> list[File]:
    form = await request.form()
    found: list[File] = []
    for _, value in form.multi_items():
        if isinstance(value, UploadFile):
            found.append(File(name=value.filename, content=await value.read()))
    return found


def _cookie(name: str, value: str, settings: Settings) -> Cookie:
    secure = bool(settings.secure_cookies)
    return Cookie(
        key=f"__Host-{name}" if secure else name,
        value=value,
        path="/",
        httponly=True,
        samesite="strict",
        secure=secure,
        max_age=_AGES.get(name, settings.session_hours * 3600) if value else 0,
    )


def _on_error(limit: int, request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    problem = error if isinstance(error, Problem) else _as_problem(error, limit)
    if problem.status >= 500:
        _log.error("request_failed", error=error)
    scope: Any = request.scope
    request_id = str(scope.get("_request_id", ""))
    language = runner.language_of(dict(request.headers))
    told = {"retry-after": str(problem.params.get("seconds", 1))} if problem.status in (429, 503) else {}
    return Response(
        content=problem_body(problem, language, request_id),
        status_code=problem.status,
        media_type="application/problem+json",
        headers=told,
    )


def _as_problem(error: Exception, limit: int) -> Problem:
    if isinstance(error, HTTPException):
        known: dict[int, type[Problem]] = {404: NotFound, 405: MethodNotAllowed}
        if error.status_code == 413:
            return BodyTooLarge(limit=size(limit))
        if error.status_code in known:
            return known[error.status_code]()
        if error.status_code < 500:
            return BadRequest()
    return Broken()


class _Watch:
    """Around every request: an id, security headers, a line in the log, metrics."""

    def __init__(self, app: ASGIApp, told: Mapping[bytes, bytes]) -> None:
        self._app = app
        self._told = told

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _given_id(scope) or ids.new_id().hex
        scope["_request_id"] = request_id  # pyright: ignore[reportGeneralTypeIssues]
        started, status = clock.perf(), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                present = {name.lower() for name, _ in message["headers"]}
                extra = [(b"x-request-id", request_id.encode())]
                extra += [(name, value) for name, value in self._told.items() if name not in present]
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        metrics.IN_FLIGHT.inc()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            await self._app(scope, receive, sending)
        finally:
            metrics.IN_FLIGHT.dec()
            self._tell(scope, status, clock.perf() - started)
            structlog.contextvars.clear_contextvars()

    def _tell(self, scope: Any, status: int, seconds: float) -> None:
        operation = str(scope.get("_operation", "other"))
        metrics.REQUESTS.labels(operation, str(status)).inc()
        metrics.SECONDS.labels(operation).observe(seconds)
        _log.info("request", operation=operation, status=status, milliseconds=round(seconds * 1000, 1))


def _given_id(scope: Any) -> str | None:
    """A proxy's request id, where it is one: anything else could be a number of somebody's, and is logged."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return str(value.decode())
    return None
