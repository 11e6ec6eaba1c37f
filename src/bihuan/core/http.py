"""What an HTTP operation is, without a web framework: declared in each module's `routes.py`, run by `api`.

An operation says its permission, what it takes and what it gives; the edge does the rest in one place: who asks, CSRF,
decoding with every error at once, idempotency, one transaction, the answer. The OpenAPI document is made from the same
declarations, so it cannot differ from what runs.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, Protocol
from uuid import UUID

import msgspec

from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.decode import Decoded
from bihuan.core.desk import Desk
from bihuan.core.problems import FieldProblem, Invalid, Language, NotFound

Method = Literal["GET", "POST", "PUT", "DELETE"]
#: Whose credential an operation takes: the desk's people (session or token), or a customer at the portal (session).
Asks = Literal["staff", "customer"]


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file that came with a form."""

    name: str
    content: bytes


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """A query parameter."""

    name: str
    schema: Mapping[str, object]
    zh: str
    en: str


class Call(msgspec.Struct, kw_only=True):
    """One request, on its way through an operation. `work` and `actor` are there unless the operation is public."""

    desk: Desk
    path: Mapping[str, str]
    query: Mapping[str, str]
    language: Language
    address: str
    user_agent: str
    host: str = ""
    cookies: Mapping[str, str] = {}
    decoded: Decoded[Any] | None = None
    files: list[File] = []
    maybe_work: Work | None = None
    maybe_actor: Actor | None = None
    credential_id: UUID | None = None
    csrf: str = ""

    @property
    def work(self) -> Work:
        """The request's transaction."""
        assert self.maybe_work is not None
        return self.maybe_work

    @property
    def actor(self) -> Actor:
        """Who asks."""
        assert self.maybe_actor is not None
        return self.maybe_actor

    @property
    def body(self) -> Any:
        """The decoded body."""
        assert self.decoded is not None
        return self.decoded.value

    def id(self, name: str = "id") -> UUID:
        """A path parameter that is an id. Raises NotFound where it is none."""
        try:
            return UUID(self.path[name])
        except ValueError as error:
            raise NotFound from error

    def number(self, name: str, *, default: int, most: int) -> int:
        """A query parameter that is a whole number from 0 to `most`. Raises Invalid."""
        text = self.query.get(name)
        if text is None:
            return default
        if not text.isascii() or not text.isdigit() or len(text) > 18:
            raise Invalid(
                fields=[FieldProblem(pointer=f"/{name}", code="type", params={"expected": "integer"})]
            )
        if int(text) > most:
            raise Invalid(fields=[FieldProblem(pointer=f"/{name}", code="too_big", params={"limit": most})])
        return int(text)

    def one_of(self, name: str, choices: tuple[str, ...]) -> str:
        """A query parameter from a closed list; the first is the default. Raises Invalid."""
        value = self.query.get(name, choices[0])
        if value not in choices:
            raise Invalid(
                fields=[
                    FieldProblem(pointer=f"/{name}", code="choice", params={"choices": ", ".join(choices)})
                ]
            )
        return value


class Stream(Protocol):
    """An answer that goes on: pieces as they come."""

    async def next(self) -> bytes:
        """The next piece; empty where it has ended."""
        ...

    def close(self) -> None:
        """Nobody listens any more."""
        ...


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that is more than a JSON body with the operation's status."""

    body: object = None
    content: bytes | None = None
    stream: Stream | None = None
    media_type: str = "application/json"
    headers: Mapping[str, str] = {}
    cookies: Mapping[str, str] = {}


Run = Callable[[Call], Awaitable[object]]
#: Says anew what a key has done: the id of what was made is told.
Again = Callable[[Call, UUID], Awaitable[object]]


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One method of one path below /api/v1. `{name}` in the path are its parameters.

    `sends`: takes an Idempotency-Key. `again`: the answer, which has an `id`, is built anew by it when the key comes again,
    so that nothing but the id is kept. `text`: member of the body kept as a draft when the write is stale. `partial`:
    the body's problems are handed to `run`, which has more to name. `form`: takes files instead of JSON.
    `urlencoded`: takes its members as a form too, from a server of another make; what it has not asked for is left out. `apart`: works
    long or in transactions of its own, so the request's ends before it and it has no `call.work`. `asks`: who may come;
    the credential of the other kind is as good as none. `events`: answers with a stream of server-sent events, of these
    names and data; such an operation is `apart`. `confirms`: is done by who has lately proved who they are; of a session that
    has not, the edge asks it first.
    """

    method: Method
    path: str
    run: Run
    zh: str
    en: str
    permission: str | None
    asks: Asks = "staff"
    takes: type[msgspec.Struct] | None = None
    gives: Any = None
    status: int = 200
    public: bool = False
    sends: bool = False
    again: Again | None = None
    partial: bool = False
    form: bool = False
    urlencoded: bool = False
    apart: bool = False
    read_only: bool = False
    confirms: bool = False
    verb: str | None = None
    text: str | None = None
    events: Mapping[str, type[msgspec.Struct]] = {}
    query: tuple[Query, ...] = ()


_operations: list[Operation] = []


def operation(method: Method, path: str, **said: Any) -> Callable[[Run], Run]:
    """Declare an operation."""

    def declare(run: Run) -> Run:
        add(Operation(method=method, path=path, run=run, **said))
        return run

    return declare


def add(made: Operation) -> None:
    """Declare an operation that a table made."""
    if any((o.method, o.path) == (made.method, made.path) for o in _operations):
        raise ValueError(f"{made.method} {made.path} is declared twice")
    _operations.append(made)


def operations() -> list[Operation]:
    """Every operation, in the order of declaration."""
    return list(_operations)
