"""Running an operation: who asks, CSRF, body, idempotency, one transaction, the answer.

The transaction opens with who asks and commits before the answer leaves, so a 201 that a client holds is on disk.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec
import psycopg

from bihuan import customers, identity, tickets
from bihuan.api import address, limits
from bihuan.core import idempotency, log
from bihuan.core.actor import Actor
from bihuan.core.db import DatabaseBusy, Work
from bihuan.core.decode import Decoded, decode_all
from bihuan.core.desk import Desk
from bihuan.core.http import Answer, Asks, Call, File, Operation, Stream
from bihuan.core.idempotency import Scope
from bihuan.core.problems import FieldProblem, Invalid, Language, NotFound, NotSignedIn, Problem
from bihuan.identity import Asker, Credential, CsrfMissing

_encoder = msgspec.json.Encoder()
_log = log.get("api")
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class CrossSite(Problem):
    """This request was made by another site; open the desk itself and try again there."""

    status = 403
    zh = "该请求来自其他网站，请直接打开本系统后重试。"


class JsonOnly(Problem):
    """This is taken as application/json only."""

    status = 415
    zh = "此处只接受 application/json 格式的内容。"


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request as an operation's runner needs it, free of the framework. Header names in lower case."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    peer: str
    body: bytes = b""
    files: list[File] = []


class _Made(msgspec.Struct, frozen=True, kw_only=True):
    """All that is kept of an answer that is built anew."""

    id: UUID


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """What goes back."""

    status: int
    content: bytes
    media_type: str = "application/json"
    headers: Mapping[str, str] = {}
    cookies: Mapping[str, str] = {}
    stream: Stream | None = None


async def run(desk: Desk, operation: Operation, request: Request) -> Response:
    """Run an operation. Raises Problem; the caller makes it problem+json."""
    if operation.public:
        _must_be_from_here(operation, request)
    call = _call(desk, operation, request)
    try:
        if operation.public:
            limits.of(desk).came_to_nothing(call.address)
            _must_be_text(request)
            _must_be_whole(operation, call.decoded)
            return _respond(operation, await operation.run(call))
        return await _as_somebody(call, operation, request)
    except NotSignedIn:
        limits.of(desk).came_to_nothing(call.address)
        raise
    except (TimeoutError, psycopg.OperationalError) as error:
        # The server went away, a lock or statement took too long: nothing was committed, or a key will tell.
        _log.warning("database_trouble", error=error, operation=operation.path)
        raise DatabaseBusy from error
    finally:
        if call.maybe_actor is not None:
            await limits.of(desk).settle(call.maybe_actor.tenant_id, call.maybe_actor.id)


def before(desk: Desk, operation: Operation, request: Request) -> None:
    """Before anything is read or done: whether this address may ask at all. Raises TooManyRequests."""
    found = credential_of(request, operation.asks, secure=bool(desk.settings.secure_cookies))
    limits.of(desk).admit(_address(desk, request), found.secret_sha256 if found else None)


def _must_be_text(request: Request) -> None:
    """What names the thing that is asked for. Raises NotFound, Invalid."""
    # PostgreSQL can hold no NUL, so nothing has it in its name.
    if any("\x00" in value for value in request.path.values()):
        raise NotFound
    if wrong := [name for name, value in request.query.items() if "\x00" in value]:
        raise Invalid(fields=[FieldProblem(pointer=f"/{name[:80]}", code="bad_text") for name in wrong])


async def admit(desk: Desk, operation: Operation, request: Request) -> None:
    """Who asks, CSRF and permission by the headers alone: before a large body is read. Raises Problem."""
    call = _call(desk, operation, request)
    credential = _credential(call, operation, request)
    try:
        async with desk.database.work(credential.tenant_id) as work:
            _admit(call, operation, request, await _asker(call, operation, credential, work), work)
    except NotSignedIn:
        limits.of(desk).came_to_nothing(call.address)
        raise
    except (TimeoutError, psycopg.OperationalError) as error:
        raise DatabaseBusy from error


async def _as_somebody(call: Call, operation: Operation, request: Request) -> Response:
    credential = _credential(call, operation, request)
    try:
        return await _in_transaction(call, operation, request, credential)
    except tickets.StaleWrite as stale:
        await _keep_draft(call, operation, stale)
        raise
    except Problem as problem:
        if call.maybe_actor is not None:
            await tickets.look_alarms.refused(call.desk, call.maybe_actor, problem, operation.path)
        raise
    except psycopg.errors.UniqueViolation:
        # Two of the same at once (a key, a login, a customer): the second looks again, and finds what the first has made.
        return await _in_transaction(call, operation, request, credential)


def _credential(call: Call, operation: Operation, request: Request) -> Credential:
    found = credential_of(request, operation.asks, secure=bool(call.desk.settings.secure_cookies))
    if found is None:
        raise NotSignedIn
    return found


async def _asker(call: Call, operation: Operation, credential: Credential, work: Work) -> Asker:
    who_asks = customers.who_asks if operation.asks == "customer" else identity.who_asks
    return await who_asks(work, credential, idle_minutes=call.desk.settings.session_idle_minutes)


def credential_of(request: Request, asks: Asks, *, secure: bool) -> Credential | None:
    """Of staff a token by Authorization, else a session by cookie; of a customer a session by the cookie of theirs.

    Over https only by the cookie no other host can set.
    """
    host = "__Host-" if secure else ""
    if asks == "customer":
        found = identity.parse(request.cookies.get(f"{host}bihuan_customer", ""))
        return found if found is not None and found.prefix == "bhc" else None
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme:
        found = identity.parse(value.strip()) if scheme.lower() == "bearer" else None
        return found if found is not None and found.prefix == "bht" else None
    found = identity.parse(request.cookies.get(f"{host}bihuan_session", ""))
    return found if found is not None and found.prefix == "bhs" else None


def language_of(headers: Mapping[str, str], fallback: Language = "zh") -> Language:
    """The caller's language: the first of Accept-Language that we speak."""
    for part in headers.get("accept-language", "").lower().split(","):
        if part.strip().startswith(("zh", "en")):
            return "zh" if part.strip().startswith("zh") else "en"
    return fallback


def _address(desk: Desk, request: Request) -> str:
    forwarded = request.headers.get("x-forwarded-for", "")
    return address.client(request.peer, forwarded, desk.settings.trusted_proxies)


def _call(desk: Desk, operation: Operation, request: Request) -> Call:
    return Call(
        desk=desk,
        path=request.path,
        query=request.query,
        language=language_of(request.headers),
        address=_address(desk, request),
        user_agent=request.headers.get("user-agent", ""),
        host=request.headers.get("host", ""),
        cookies=request.cookies,
        decoded=decode_all(_json(operation, request), operation.takes) if operation.takes else None,
        files=request.files,
    )


async def _in_transaction(
    call: Call, operation: Operation, request: Request, credential: Credential
) -> Response:
    async with call.desk.database.work(credential.tenant_id) as work:
        asker = await _asker(call, operation, credential, work)
        _admit(call, operation, request, asker, work)
        limits.of(call.desk).spend(asker.actor.id, credential.secret_sha256)
        scope = _scope(operation, request, asker.actor)
        if scope is not None and (kept := await idempotency.answer_for(work, scope)) is not None:
            return await _replayed(call, operation, kept)
        _must_be_whole(operation, call.decoded)
        if operation.confirms:
            identity.confirmed(asker.actor, within=call.desk.settings.confirm_minutes)
        if not operation.apart:
            return await _answer(call, operation, scope, work)
    # A connection held by one who waits for another would starve them both.
    call.maybe_work = None
    response = _respond(operation, await operation.run(call))
    if scope is not None:
        async with call.desk.database.work(credential.tenant_id) as work:
            await _keep(work, operation, scope, response)
    return response


async def _replayed(call: Call, operation: Operation, kept: idempotency.Answer) -> Response:
    content = kept.response.encode()
    if operation.again is not None:
        made = msgspec.json.decode(content, type=_Made)
        content = _encoder.encode(await operation.again(call, made.id))
    return Response(status=kept.status, content=content, headers={"idempotency-replayed": "true"})


async def _answer(call: Call, operation: Operation, scope: Scope | None, work: Work) -> Response:
    response = _respond(operation, await operation.run(call))
    if scope is not None:
        await _keep(work, operation, scope, response)
    return response


async def _keep(work: Work, operation: Operation, scope: Scope, response: Response) -> None:
    content = response.content
    if operation.again is not None:
        content = _encoder.encode(msgspec.json.decode(content, type=_Made))
    kept = idempotency.Answer(status=response.status, response=content.decode())
    await idempotency.keep(work, scope, kept)


def _admit(call: Call, operation: Operation, request: Request, asker: Asker, work: Work) -> None:
    """CSRF, permission and what is asked for. Raises CsrfMissing, NotAllowed, NotFound, Invalid."""
    actor = asker.actor
    if "accept-language" in request.headers:
        actor = msgspec.structs.replace(actor, language=call.language)
    call.language, call.maybe_actor, call.maybe_work = actor.language, actor, work
    call.credential_id, call.csrf = asker.credential_id, asker.csrf
    unsafe = operation.method not in SAFE
    if unsafe and actor.via == "session" and request.headers.get("x-csrf-token", "") != asker.csrf:
        raise CsrfMissing
    if operation.permission is not None:
        actor.must(operation.permission)
    _must_be_text(request)


def _scope(operation: Operation, request: Request, actor: Actor) -> Scope | None:
    key = request.headers.get("idempotency-key")
    if key is None or not operation.sends:
        return None
    asked = sorted((q.name, request.query[q.name]) for q in operation.query if q.name in request.query)
    body = request.body + b"".join(f.name.encode() + b"\x00" + f.content for f in request.files)
    body += b"\x00" + _encoder.encode(asked) if asked else b""
    return idempotency.scope(
        actor.id, f"{operation.method} {operation.path.format_map(request.path)}", key, body
    )


def _must_be_from_here(operation: Operation, request: Request) -> None:
    """Who is not signed in has no token to repeat: another site must not sign its visitors in under a name of its own.

    Browsers say where a request is from; one that does not (plain http) asks before it sends JSON elsewhere, and is
    not answered. Raises CrossSite, JsonOnly.
    """
    if operation.method in SAFE:
        return
    if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        raise CrossSite
    if _media_type(request) != "application/json" and not _is_form(operation, request):
        raise JsonOnly


def _is_form(operation: Operation, request: Request) -> bool:
    """No browser is made to do anything by such a form: it is told by what it holds, never by a cookie."""
    return operation.urlencoded and _media_type(request) == "application/x-www-form-urlencoded"


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _json(operation: Operation, request: Request) -> bytes:
    """The body as JSON. Members of a form that the operation has not asked for are left out."""
    if operation.takes is None or not _is_form(operation, request):
        return request.body
    try:
        told = dict(parse_qsl(request.body.decode("utf-8", "replace"), max_num_fields=100))
    except ValueError:
        told = dict[str, str]()  # what is missing then is named
    asked = operation.takes.__struct_fields__
    return msgspec.json.encode({name: value for name, value in told.items() if name in asked})


def _must_be_whole(operation: Operation, decoded: Decoded[Any] | None) -> None:
    if decoded is not None and decoded.value is None and not operation.partial:
        raise Invalid(fields=decoded.problems)


async def _keep_draft(call: Call, operation: Operation, stale: tickets.StaleWrite) -> None:
    """The words of a stale write are kept: in a transaction of their own, for the refusal must leave them behind."""
    text = getattr(call.body, operation.text, None) if operation.text else None
    if not text or call.maybe_actor is None:
        return
    actor = call.maybe_actor
    async with call.desk.database.work(actor.tenant_id) as work:
        ticket_id = await tickets.id_of(work, actor, call.path["id"])
        kept = await tickets.keep_draft(
            work, actor, ticket_id, verb=operation.verb or "", body=text, reason="stale"
        )
    stale.draft_id, stale.destroyed = kept.id, list(kept.destroyed)
    stale.notices = tickets.notices(kept.destroyed, call.language)


def _respond(operation: Operation, result: object) -> Response:
    answer = result if isinstance(result, Answer) else Answer(body=result)
    if answer.content is not None:
        content = answer.content
    else:
        content = b"" if operation.status == 204 else _encoder.encode(answer.body)
    return Response(
        status=operation.status,
        content=content,
        media_type=answer.media_type,
        headers=answer.headers,
        cookies=answer.cookies,
        stream=answer.stream,
    )
