"""Every door of the desk: each takes sentences in and puts them wherever that door takes words."""

import csv
import io
import itertools
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx

from bihuan import channels
from bihuan.core.actor import desk_actor
from bihuan.core.permissions import all_codes
from tests.channels.portal import customer, link, sent
from tests.channels.test_inbound import signed, source
from tests.conftest import House
from tests.tickets.doing import Json, read
from tests.trust.declared import Sender, places, send_all, sender

#: Takes these sentences; each door says by itself how many it holds at a time.
Door = Callable[["Visitor", Sequence[str]], Awaitable[None]]


class Visitor:
    """Who goes through the doors of one desk."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house = house
        self.folder = folder
        self._count = itertools.count()
        self._portal: httpx.AsyncClient | None = None
        self._source: tuple[httpx.AsyncClient, str] | None = None
        self._sender: Sender | None = None

    def number(self) -> int:
        """Another one each time."""
        return next(self._count)

    async def portal(self) -> httpx.AsyncClient:
        """A customer at the portal."""
        if self._portal is None:
            self._portal = await customer(self.house, "C-leak")
        return self._portal

    async def sender(self) -> Sender:
        """Somebody who may do everything."""
        if self._sender is None:
            self._sender = await sender(self.house)
        return self._sender

    async def source(self) -> tuple[httpx.AsyncClient, str]:
        """Another system, and its secret."""
        if self._source is None:
            self._source = await source(self.house)
        return self._source


def _turn(said: Sequence[str]) -> Iterator[str]:
    return itertools.cycle(said)


def _tag(words: str) -> str:
    return " ".join(words.replace(",", " ").split())[:30].strip()


def _file_name(words: str) -> str:
    return words.replace("\n", " ").replace("/", " ")[:60]


async def opened(visitor: Visitor, said: Sequence[str]) -> None:
    """A ticket by the API: title, description, elements, fields, tags, and the key of the request."""
    client = await visitor.house.client()
    example, words = await visitor.house.example(), _turn(said)
    body: Json = {
        **example,
        "title": next(words)[:190],
        "description": "\n".join(said),
        "elements": {name: f"{next(words)}，请尽快核实处理。" for name in ("symptom", "scope", "steps", "tried")} | {k: v for k, v in example["elements"].items() if k not in ("symptom", "scope", "steps", "tried")},
        "fields": {**example["fields"], "merchant": next(words)[:60]},
        "tags": [_tag(next(words))],
    }  # fmt: skip
    answer = await client.post("/tickets", json=body)
    assert answer.status_code in (201, 422), answer.text
    if answer.status_code == 422:  # a field of the case type takes no such words
        body["fields"] = example["fields"]
        answer = await client.post("/tickets", json=body)
        assert answer.status_code == 201, answer.text


async def worked(visitor: Visitor, said: Sequence[str]) -> None:
    """What is written on a ticket: notes, replies, reasons, tags, drafts, a wait, a resolution."""
    client = await visitor.house.client()
    ticket, words = await visitor.house.ticket(client, "general"), _turn(said)
    url = f"/tickets/{ticket['id']}"
    for verb, body in (
        ("note", {"body": "\n".join(said)}),
        ("receive", {"body": next(words)}),
        ("reply", {"body": next(words)}),
        ("drafts", {"body": next(words)}),
        ("tag", {"add": [_tag(next(words))]}),
        ("claim", {}),
        ("fields", {"title": next(words)[:150], "fields": {"finding": next(words)}}),
        ("priority", {"priority": "urgent", "reason": next(words)}),
        ("wait", {"waiting_for": "customer", "reason": next(words)}),
        ("resume", {"reason": next(words)}),
        ("withdraw", {"proof": next(words)}),
        ("unmask", {"values": [], "reason": "verify", "note": next(words), "minutes": 1}),
        ("verifications", {"method": "phone", "level": "basic", "result": "passed", "note": next(words)}),
    ):
        version = (await read(client, ticket))["version"]
        told = body if verb in ("receive", "drafts") else {"version": version, **body}
        answer = await client.post(f"{url}/{verb}", json=told)
        assert answer.status_code < 500, (verb, answer.text)


async def customers(visitor: Visitor, said: Sequence[str]) -> None:
    """A customer's own record, and a search for one."""
    client = await visitor.house.client()
    reference = f"C-{visitor.number()}"
    answer = await client.post(
        "/customers", json={"external_ref": reference, "name": said[0][:60], "address": said[-1][:100]}
    )
    assert answer.status_code < 500, answer.text
    for kind in ("card_number", "id_number", "mobile", "email"):
        answer = await client.post("/tickets/search", json={"kind": kind, "value": said[0][-40:]})
        assert answer.status_code < 500, answer.text


async def files(visitor: Visitor, said: Sequence[str]) -> None:
    """Files of text, and their names."""
    client = await visitor.house.client()
    ticket = await visitor.house.ticket(client, "general")
    text = "\n".join(said).encode()
    name = _file_name(said[0])
    for file_name, content in (
        (f"{name}.txt", text),
        (f"{name}.csv", b"a,b\n" + text.replace(b"\n", b",\n")),
        (f"{name}.json", json.dumps({"said": list(said)}).encode()),
    ):
        answer = await client.post(f"/tickets/{ticket['id']}/attach", files={"f": (file_name, content)})
        assert answer.status_code < 500, answer.text


async def table(visitor: Visitor, said: Sequence[str]) -> None:
    """Tables: CSV and JSON Lines, in words, in columns nobody knows, in ids."""
    path = visitor.folder / f"{_file_name(said[0])}-{visitor.number()}.csv"
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["编号", "标题", "内容", "备注", "其他"])
    for number, words in enumerate(said):
        writer.writerow([f"L-{visitor.number()}-{number}", words[:150], words, words, words])
    path.write_text(out.getvalue(), encoding="utf-8")
    await _imported(visitor, path)
    lines = visitor.folder / f"in-{visitor.number()}.jsonl"
    rows = [{"id": words, "title": words[:150], "content": words, "deep": {"er": [words]}} for words in said]
    lines.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    await _imported(visitor, lines)


async def mail(visitor: Visitor, said: Sequence[str]) -> None:
    """Mails: subject, sender, text, HTML, files and their names."""
    for words in said:
        message = EmailMessage()
        message["Subject"] = words.replace("\n", " ")[:150]
        message["From"] = f"sender{visitor.number()}@mail.example.org"
        message["To"] = "desk@bank.example"
        message["Message-ID"] = f"<{visitor.number()}@mail.example.org>"
        message.set_content(words)
        message.add_alternative(f"<p>{words}</p><!-- {words} -->", subtype="html")
        message.add_attachment(
            words.encode(), maintype="text", subtype="plain", filename=f"{words[:40]}.txt".replace("\n", " ")
        )
        path = visitor.folder / f"in-{visitor.number()}.eml"
        path.write_bytes(message.as_bytes())
        await _imported(visitor, path)


async def _imported(visitor: Visitor, path: Path) -> None:
    actor = desk_actor(visitor.house.tenant_id, all_codes())
    for item in channels.read_path(path, case_type="general"):
        if isinstance(item, channels.Inbound):
            await channels.accept(visitor.house.desk, actor, item)
    path.unlink()  # noqa: ASYNC240 - the file is the customer's own; what the desk keeps is what is searched


async def portal(visitor: Visitor, said: Sequence[str]) -> None:
    """A customer at the portal: a form, messages, a file, a reason."""
    browser = await visitor.portal()
    words = _turn(said)
    ticket = await sent(visitor.house, browser, title=next(words)[:100], description="\n".join(said))
    url = f"/portal/tickets/{ticket['id']}"
    for path, told in (
        (f"{url}/messages", {"json": {"body": "\n".join(said)}}),
        (
            f"{url}/attach",
            {
                "files": {
                    "f": (
                        f"{next(words)[:40]}.txt".replace("/", " ").replace("\n", " "),
                        "\n".join(said).encode(),
                    )
                }
            },
        ),
        (f"{url}/withdraw", {"json": {"reason": next(words)}}),
    ):
        answer = await browser.post(path, **told)  # pyright: ignore[reportArgumentType]
        assert answer.status_code < 500, answer.text


async def inbound(visitor: Visitor, said: Sequence[str]) -> None:
    """Another system's webhook: JSON with words in every place, names of members among them."""
    sender, secret = await visitor.source()
    words = _turn(said)
    message: Json = {
        "id": f"W-{visitor.number()}",
        "title": next(words)[:150],
        "body": "\n".join(said),
        "tags": [_tag(next(words))],
        "deep": {"list": [{"er": one} for one in said], next(words)[:60]: True},
        "elements": {"symptom": f"{next(words)}，请尽快核实处理。"},
    }
    answer = await sender.post("/channels/inbound", json=signed(secret, message))
    assert answer.status_code < 500, answer.text
    odd = {**message, "id": next(words)[:150]}
    assert (await sender.post("/channels/inbound", json=signed(secret, odd))).status_code < 500


async def edges(visitor: Visitor, said: Sequence[str]) -> None:
    """Where no words belong: keys, ids, addresses, parameters, names of browsers, a sign-in that fails."""
    client, nobody = await visitor.house.client(), visitor.house.anonymous()
    for words in said:
        plain = words.encode("ascii", "ignore").decode().strip() or "x"
        raw = "".join(c for c in plain if c.isalnum())[-32:] or "x"
        tries: tuple[tuple[httpx.AsyncClient, str, str, dict[str, Any]], ...] = (
            (client, "POST", "/views", {"json": {"name": words[:80], "filter": {}}, "headers": {"idempotency-key": plain[:190]}}),
            (client, "GET", "/tickets", {"params": {"filter": words, "after": words}}),
            (client, "GET", f"/tickets/{raw}", {}),
            (client, "GET", "/session", {"headers": {"x-request-id": raw, "user-agent": plain.replace("\n", " ")}}),
            (nobody, "POST", "/session", {"json": {"tenant": words[:60], "login": words[:60], "password": words}, "headers": {"user-agent": plain.replace("\n", " ")}}),
            (client, "POST", "/tickets", {"content": words.encode()}),
            (client, "POST", "/tickets", {"json": {words: words}}),
        )  # fmt: skip
        for who, method, path, told in tries:
            answer = await who.request(method, path, **told)
            assert answer.status_code < 500, (path, answer.text)


async def signed_in(visitor: Visitor, said: Sequence[str]) -> None:
    """What a browser says of itself, of colleagues and of customers, where it does come in."""
    house = visitor.house
    if "browsing" not in house.people:
        await house.token("agent", login="browsing", password="long enough 1")
    for words in said:
        plain = " ".join(words.encode("ascii", "ignore").decode().split()) or "x"
        headers = {
            "user-agent": f"Mozilla/5.0 ({plain}) Chrome/130.0",
            "referer": f"https://desk.example/{plain.replace(' ', '-')}",
            "x-forwarded-for": plain,
            "accept-language": plain,
        }
        told = {"tenant": house.code, "login": "browsing", "password": "long enough 1"}
        browser = house.anonymous()
        answer = await browser.post("/session", json=told, headers=headers)
        assert answer.status_code == 201, answer.text
        assert (await browser.get("/session", headers=headers)).status_code == 200
        url = await link(house)
        came = await house.anonymous().post("/portal/session", json={"link": url}, headers=headers)
        assert came.status_code == 201, came.text


async def declared(visitor: Visitor, said: Sequence[str]) -> None:
    """Every text of every operation of the desk's people."""
    await send_all(await visitor.sender(), said)


#: Door → how many sentences it holds at a time.
DOORS: dict[str, tuple[Door, int]] = {
    "opened": (opened, 12),
    "worked": (worked, 12),
    "customers": (customers, 2),
    "files": (files, 12),
    "table": (table, 6),
    "mail": (mail, 3),
    "portal": (portal, 12),
    "inbound": (inbound, 12),
    "edges": (edges, 3),
    "signed in": (signed_in, 2),
    "declared": (declared, len(places())),
}
