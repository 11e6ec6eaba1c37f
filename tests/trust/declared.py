"""Every text that any operation takes, by its declaration: a sentence goes into each of them, one request a text."""

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx
import msgspec

from bihuan.core import ids
from bihuan.core.http import Operation, operations
from bihuan.core.permissions import all_codes
from tests.api.test_every_operation import body_of, path_of
from tests.channels.portal import HOST
from tests.conftest import House
from tests.identity.behind import holder
from tests.tickets.doing import WAYS, Json, do

#: Puts a text in its place in a body; of the rest what must be there is made up.
Put = Callable[[Any, str], Any]
_Schema = Mapping[str, Any]
#: Of colleagues themselves, not of customers: how they sign in and where they get mail. And what only is compared.
_KNOWN_BARE = 11
_DATED = frozenset({"date-time", "date"})
_FORMS = _DATED | {"uuid"}
_OWN = frozenset({"login", "email", "password", "old", "hand_to"})
#: A verb → the state in which a `general` ticket takes it; others take it when it is worked on.
_STATES = {
    "resume": "waiting", "call_back": "resolved", "reopen": "resolved", "archive": "resolved", "claim": "intake",
    "assign": "intake", "reject": "intake", "receive": "intake", "nudge": "processing", "new-facts": "processing",
}  # fmt: skip


class Place(NamedTuple):
    """A text of an operation: in its body, its query or its path, and which texts are taken there."""

    operation: Operation
    name: str
    put: Put | None
    schema: _Schema


@cache
def places() -> tuple[Place, ...]:
    """All there are, but for what customers send, which has its own doors."""
    return tuple(p for p in _everywhere() if p.schema.get("format") not in _FORMS)


@cache
def moments() -> tuple[Place, ...]:
    """Where a moment or a day is taken, or words that may be one."""
    return tuple(
        p
        for p in _everywhere()
        if p.schema.get("format") in _DATED
        or p.name.startswith("?")
        or (p.put and p.schema.keys() <= {"type"})
    )


@cache
def _everywhere() -> tuple[Place, ...]:
    return tuple(p for one in operations() if one.asks == "staff" and not one.events for p in _of(one))


def _of(one: Operation) -> Iterator[Place]:
    if one.takes is not None:
        schema = msgspec.json.schema(one.takes)
        for name, put, found in _texts(schema, schema["$defs"], (), ""):
            if name.rpartition("/")[2] not in _OWN:
                yield Place(one, name, put, found)
    for asked in one.query:
        yield Place(one, f"?{asked.name}", None, {})
    for name in re.findall(r"{(\w+)}", one.path):
        yield Place(one, name, None, {})


def _texts(
    schema: _Schema, defs: _Schema, above: tuple[str, ...], name: str
) -> Iterator[tuple[str, Put, _Schema]]:
    if "$ref" in schema:
        referred = schema["$ref"].rpartition("/")[2]
        if referred not in above:
            yield from _texts(defs[referred], defs, (*above, referred), name)
        return
    for one in schema.get("anyOf", ()):
        yield from _texts(one, defs, above, name)
    kind = schema.get("type")
    if kind == "string" and "enum" not in schema:
        yield name, lambda _, text: text, schema
    elif kind == "array":
        for inner, put, found in _texts(schema.get("items", {}), defs, above, name):
            yield inner, lambda _, text, put=put: [put(None, text)], found
    elif kind == "object":
        yield from _members(schema, defs, above, name)


def _members(
    schema: _Schema, defs: _Schema, above: tuple[str, ...], name: str
) -> Iterator[tuple[str, Put, _Schema]]:
    for member, inner in schema.get("properties", {}).items():
        for at, put, found in _texts(inner, defs, above, f"{name}/{member}"):

            def into(base: Any, text: str, member: str = member, put: Put = put) -> Json:
                base = base if isinstance(base, dict) else _least(schema, defs)
                return {**base, member: put(base.get(member), text)}

            yield at, into, found
    if "properties" not in schema:
        yield f"{name}/*", lambda _, text: {"note": text}, {}
        yield f"{name}/*name", lambda _, text: {text[:60]: "x"}, {}


def _least(schema: _Schema, defs: _Schema) -> Any:
    """The least that decodes."""
    if "$ref" in schema:
        return _least(defs[schema["$ref"].rpartition("/")[2]], defs)
    if "anyOf" in schema or "enum" in schema:
        return schema["enum"][0] if "enum" in schema else _least(schema["anyOf"][0], defs)
    if schema.get("type") == "object":
        return {
            m: _least(s, defs)
            for m, s in schema.get("properties", {}).items()
            if m in schema.get("required", ())
        }
    return {"string": "x1", "integer": schema.get("minimum", 1), "array": [], "boolean": False}.get(
        schema.get("type", "")
    )


class Sender:
    """Somebody who may do everything, with something of each kind to do it to."""

    def __init__(self, house: House, client: httpx.AsyncClient, known: Mapping[str, str]) -> None:
        self._house = house
        self._client = client
        self._known = known
        self._tickets: dict[str, Json] = {}
        #: "METHOD path text" → the statuses it was answered with.
        self.told: dict[str, set[int]] = {}

    async def send(self, place: Place, text: str) -> None:
        """One request with the sentence in this place, as far as the place takes it."""
        one = place.operation
        fitting = _fitting(place, text)
        if fitting is None:
            return
        path, body, told = await self._path(one), None, dict[str, Any](headers=HOST)
        if one.takes is not None:
            body = await self._body(one)
        if place.put is not None:
            body = place.put(body, fitting)
        elif place.name.startswith("?"):
            told["params"] = {place.name[1:]: fitting}
        else:
            path = path_of(one, {"id": str(ids.new_id()), place.name: _address(fitting)})
        if one.form:
            told["files"] = {"files": ("a.txt", b"text")}
        if body is not None:
            told["json"] = body
        answer = await self._client.request(one.method, path, **told)
        assert answer.status_code < 500, (one.method, path, place.name, answer.text)
        self.told.setdefault(f"{one.method} {one.path} {place.name}", set()).add(answer.status_code)

    async def _path(self, one: Operation) -> str:
        first = one.path.split("/")[1]
        known = {**self._known, "id": self._known.get(first, self._known["id"])}
        if one.path.startswith("/tickets/{id}") and "{file}" not in one.path:
            known["id"] = (await self._ticket(one))["id"]
        return path_of(one, known)

    async def _body(self, one: Operation) -> Json:
        schema = msgspec.json.schema(one.takes)
        body = dict(_least(schema, schema["$defs"]) if one.public else body_of(one))
        if one.path.startswith("/tickets/{id}") and "version" in body:
            ticket = await self._ticket(one)
            body |= {"version": (await self._client.get(f"/tickets/{ticket['id']}")).json()["version"]}
        if "code" in body and isinstance(body["code"], str) and one.path == "/teams":
            body["code"] = f"T{ids.new_id().hex[-8:]}"
        if one.path == "/staff":
            body["login"] = f"s{ids.new_id().hex[-8:]}"
        return body

    async def _ticket(self, one: Operation) -> Json:
        """A ticket that takes this verb."""
        key = one.path
        if key not in self._tickets:
            supervisor = await self._house.client()
            ticket = await self._house.ticket(supervisor, "general")
            for verb, command in WAYS[
                _STATES.get(one.path.split("/")[3] if one.path.count("/") > 2 else "", "following")
            ]:
                ticket = await do(supervisor, ticket, verb, **command)
            self._tickets[key] = ticket
        return self._tickets[key]


async def sender(house: House) -> Sender:
    """One with something of each kind."""
    client = await house.client()
    ticket = await house.ticket(client, "general")
    url = f"/tickets/{ticket['id']}"
    file = (await client.post(f"{url}/attach", files={"f": ("a.txt", b"text")})).json()[0]
    person = await house.token("agent", login="target")
    assert person
    known = {
        "id": ticket["id"], "file": file["id"], "customers": ticket["customer"]["id"], "kind": "resolution",
        "staff": str(house.people["target"]), "code": "CS_L1", "version": "1",
    }  # fmt: skip
    return Sender(house, await holder(house, "almighty", all_codes()), known)


async def send_all(to: Sender, said: Sequence[str]) -> None:
    """A sentence into every place, the next into the next."""
    for place, text in zip(places(), itertools.cycle(said), strict=False):
        await to.send(place, text)


def _fitting(place: Place, text: str) -> str | None:
    """The sentence, or what of it this place takes."""
    pattern, longest = place.schema.get("pattern"), place.schema.get("maxLength", 4_000)
    flat = " ".join(text.replace(",", " ").split())
    digits = max(re.findall(r"[A-Za-z]?[0-9][0-9 -]{5,}[0-9Xx]", flat), key=len, default="")
    # A code: only of what is known without the word beside it.
    bare = re.sub("[ -]", "", digits)
    code = bare if len(bare) >= _KNOWN_BARE and not bare[:1].islower() else ""
    for one in (text[:longest], flat[: min(longest, 40)].strip(), flat, code):
        if one and len(one) <= longest and (pattern is None or re.search(pattern, one)):
            return one
    return None


def _address(text: str) -> str:
    """As a piece of a path."""
    return quote(text.replace("/", "-")[:2_000], safe="") or "-"
