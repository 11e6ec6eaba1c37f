"""How fast tickets open over HTTP, against the same statements sent by pgbench.

One create is recorded at the connection: its statements with their parameters. pgbench then runs exactly those
(-M prepared, pipelined as the desk pipelines them, the application's role, row-level security, all indexes, fsync and
synchronous commit on) in blocks that alternate with HTTP creates at 16 connections, so both see the same machine.

    python bench/create.py [--check] [--seconds 6] [--blocks 5] [--connections 16]

Figures last: creates per second by HTTP and by pgbench, their median ratio, microseconds per stage.
"""

import argparse
import asyncio
import json
import re
import statistics
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import httpx
import psycopg

from desk import PORT, Desk, desk
from load import varied

GOAL, AIM = 0.25, 0.4
#: Creates come from this many customers, as in life: of one alone, each would wait for the others' share of its row.
_CUSTOMERS = 48


def main() -> int:
    options = _options()
    with desk() as made:
        made.serve(workers=options.workers)
        body = asyncio.run(_example(made))
        creates = asyncio.run(_record(made, body))
        statements = creates[0]
        script = _script(made.folder, statements, [_customer(one) for one in creates])
        rows = _rows_of_one_create(made, body)
        figures = _measure(options, made, body, script)
        figures["rows_per_create"] = rows
        figures["statements_per_create"] = len(statements)
        figures |= asyncio.run(_stages(made, body))
    for name, value in figures.items():
        print(f"{name} {value}")
    return _judge(figures) if options.check else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--blocks", type=int, default=5)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--workers", type=int, default=2)
    return parser.parse_args()


def _judge(figures: dict[str, Any]) -> int:
    """Fails under the goal, and where a create writes fewer rows than the demo's: ticket, message, event, stream,
    outbox, two clocks, a protected card number."""
    wanted = 8
    if figures["rows_per_create"] < wanted:
        print(f"MISSED a create writes {figures['rows_per_create']} rows, the demo's at least {wanted}")
        return 1
    if figures["ratio_median"] < GOAL:
        print(f"MISSED ratio {figures['ratio_median']} < {GOAL}")
        return 1
    print(f"MET ratio {figures['ratio_median']} >= {GOAL} (aim {AIM})")
    return 0


async def _example(made: Desk) -> dict[str, Any]:
    """The worked example, from a customer already known, as most are."""
    async with made.client() as client:
        body = (await client.get("/api/v1/case-types/disputed_bill")).json()["example"]
        first = await client.post("/api/v1/tickets", json=body)
        assert first.status_code == 201, first.text
    return body


async def _record(made: Desk, body: dict[str, Any]) -> list[list[tuple[str, dict[str, Any]]]]:
    """The statements of one create of each customer, as this process sends them."""
    from bihuan import app
    from bihuan.api import web
    from bihuan.core import db
    from bihuan.core.settings import load

    settings = load({}, data=str(made.folder), database_url=made.server.app_url)
    ours = app.make_desk(settings)
    recorded: list[tuple[str, dict[str, Any]]] = []
    creates: list[list[tuple[str, dict[str, Any]]]] = []
    transport = httpx.ASGITransport(web.create(ours, stopping=lambda: False))
    await ours.start()
    headers = {"authorization": f"Bearer {made.token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://desk", headers=headers) as client:
        for number in range(
            _CUSTOMERS
        ):  # caches warm: case types, rights, names, ticket numbers; customers known
            await client.post("/api/v1/tickets", json=varied(body, number))
        for number in range(_CUSTOMERS):
            recorded.clear()
            db.on_statement = lambda sql, params: recorded.append((sql, dict(params)))
            answer = await client.post(
                "/api/v1/tickets", json=varied(body, number), headers={"idempotency-key": str(uuid.uuid4())}
            )
            db.on_statement = None
            assert answer.status_code == 201, answer.text
            assert [sql for sql, _ in recorded[:3]][::2] == ["begin", "commit"], recorded[:3]
            creates.append([*recorded[:2], *recorded[3:], recorded[2]])
    await ours.stop()
    return creates


def _literal(value: object) -> str:
    """A value as SQL. Colons in texts are escaped: pgbench would take what follows for a variable."""
    if isinstance(value, list):
        return "array[" + ", ".join(_literal(v) for v in value) + "]" if value else "'{}'"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace("'", "''").replace(":", "\\x3a").replace("\n", "\\n")
        return f"E'{escaped}'"
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'::bytea"
    return psycopg.sql.Literal(value).as_string(None)


def _customer(statements: list[tuple[str, dict[str, Any]]]) -> uuid.UUID:
    return next(params["customer_id"] for sql, params in statements if sql.startswith("insert into ticket"))


def _script(folder: Path, statements: list[tuple[str, dict[str, Any]]], customers: list[uuid.UUID]) -> Path:
    """The recorded statements for pgbench. Ids and keys must differ from create to create, and rise with time as ours.

    pgbench's variables become parameters under -M prepared; what varies is `:r`, the rest are literals.
    """
    fresh = _fresh_ids(statements)
    # Each client's creates are of a customer of its own, as most creates at one moment are.
    one_of = f"(array[{', '.join(_literal(c) for c in customers)}])[1 + :client_id]"
    lines = ["\\set n :n + 1", "\\set r :base + :n * 64 + :client_id", "\\startpipeline"]
    for sql, params in statements:
        text = sql.rstrip().rstrip(";")
        for name in sorted(params, key=len, reverse=True):
            given = _varying(params[name], fresh)
            for table, others in _BYTES.items():
                given = others.get(name, given) if table in sql else given
            text = text.replace(f"%({name})s", one_of if params[name] == customers[0] else given)
        lines.append(re.sub(r"\s+", " ", text).replace("%%", "%") + ";")
    lines.append("\\endpipeline")
    path = folder / "create.pgbench"
    path.write_text("\n".join(lines) + "\n")
    path.chmod(0o644)
    return path


#: What differs from create to create as bytes. The business object, as in life: else each would find all before it as
#: duplicates; and the sender's key.
_BYTES = {
    "ticket": {"object_index": "int8send(:r::bigint)", "indexes": "array[int8send(:r::bigint)]"},
    "idempotency": {
        "key_index": "int8send(:r::bigint)",
        "key_indexes": "array[int8send(:r::bigint)]",
        "held": "(:r::bigint)::text",
    },
}


def _fresh_ids(statements: list[tuple[str, dict[str, Any]]]) -> dict[str, int]:
    """Ids that this create made: those given to inserts as keys. Each becomes an expression of :r."""
    made: dict[str, int] = {}
    for sql, params in statements:
        for name in ("id", "ticket_id", "stream_id", "message_id"):
            value = params.get(name)
            if sql.lstrip().startswith("insert") and isinstance(value, uuid.UUID):
                made.setdefault(str(value), len(made))
        for value in params.get("ids", []) if sql.lstrip().startswith("insert") else []:
            made.setdefault(str(value), len(made))
    return made


def _varying(value: object, fresh: dict[str, int]) -> str:
    if isinstance(value, uuid.UUID) and str(value) in fresh:
        return _fresh(fresh[str(value)])
    if isinstance(value, list) and value and isinstance(value[0], uuid.UUID):
        return "array[" + ", ".join(_varying(v, fresh) for v in value) + "]"
    if isinstance(value, str) and re.fullmatch(r"\d{10}", value):
        return "(:r::bigint)::text"
    if isinstance(value, str) and re.fullmatch(r"[0-9a-f-]{36}", value):
        return "(:r::bigint)::text"
    return _literal(value)


def _fresh(number: int) -> str:
    return f"rpad(lpad(to_hex(:r::bigint), 16, '0'), 32, '{number:x}')::uuid"


def _rows_of_one_create(made: Desk, body: dict[str, Any]) -> int:
    tables = ("ticket", "message", "event", "stream", "outbox", "sla_clock", "vault_value", "vault_subject", "customer",
        "customer_contact", "idempotency")  # fmt: skip

    def inserted() -> int:
        with psycopg.connect(made.server.superuser_url) as connection:
            connection.execute("select pg_stat_force_next_flush()")
            return sum(
                int(
                    connection.execute(
                        psycopg.sql.SQL("select count(*) from {}").format(psycopg.sql.Identifier(t))
                    ).fetchone()[0]
                )  # pyright: ignore
                for t in tables
                if t != "outbox"
            )

    before = inserted()
    headers = {"authorization": f"Bearer {made.token}", "idempotency-key": str(uuid.uuid4())}
    answer = httpx.post(f"http://127.0.0.1:{PORT}/api/v1/tickets", json=varied(body, 3), headers=headers)
    assert answer.status_code == 201, answer.text
    return inserted() - before + 1  # the outbox row may be delivered and gone already


def _measure(options: argparse.Namespace, made: Desk, body: dict[str, Any], script: Path) -> dict[str, Any]:
    http: list[float] = []
    bare: list[float] = []
    for block in range(options.blocks + 1):
        _forget_news(made)
        by_http = _http_block(options, made.token, body, block)
        _forget_news(made)
        by_pgbench = _pgbench_block(options, made.server, script)
        if block:  # the first of each warms up
            http.append(by_http)
            bare.append(by_pgbench)
    ratios = [h / b for h, b in zip(http, bare, strict=True)]
    return {
        "http_creates_per_second": round(statistics.median(http), 1),
        "pgbench_creates_per_second": round(statistics.median(bare), 1),
        "http_blocks": ",".join(f"{h:.0f}" for h in http),
        "pgbench_blocks": ",".join(f"{b:.0f}" for b in bare),
        "ratios": ",".join(f"{r:.3f}" for r in ratios),
        "ratio_median": round(statistics.median(ratios), 3),
        "connections": options.connections,
    }


def _forget_news(made: Desk) -> None:
    """What is still to be told of the block before must not be told during the next: pgbench leaves thousands of rows
    that no worker of its own follows up, and each block pays for its own creates alone.
    """
    with psycopg.connect(made.server.superuser_url, autocommit=True) as connection:
        connection.execute("delete from outbox")


def _http_block(options: argparse.Namespace, token: str, body: dict[str, Any], block: int) -> float:
    """Creates per second by wrk-like load from a process of its own, written in C where it counts: h11-free sockets."""
    command = [
        sys.executable,
        __file__.replace("create.py", "load.py"),
        str(PORT),
        token,
        str(options.connections),
        str(options.seconds),
        str(block),
    ]
    result = subprocess.run(command, input=json.dumps(body), capture_output=True, text=True, check=True)
    created, seconds, refused = (float(x) for x in result.stdout.split())
    assert refused == 0, result.stderr
    return created / seconds


def _pgbench_block(options: argparse.Namespace, server: Any, script: Path) -> float:
    command = [str(server.bin("pgbench")), "-n", "-M", "prepared", "-c", str(options.connections), "-j", "2",
        "-T", str(options.seconds), "-D", "n=0", "-D", f"base={time.time_ns() // 100}", "-f", str(script), server.app_url]  # fmt: skip
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"tps = ([\d.]+)", result.stdout)
    if found is None or "failed" in result.stderr:
        raise SystemExit(f"pgbench: {result.stderr[-2000:]}")
    return float(found[1])


async def _stages(made: Desk, body: dict[str, Any]) -> dict[str, Any]:
    """Microseconds per stage of one create alone, without contention: medians of 200."""
    from bihuan import app, tickets
    from bihuan.api import run, web
    from bihuan.core import decode
    from bihuan.core.actor import Actor
    from bihuan.core.permissions import all_codes
    from bihuan.core.settings import load
    from bihuan.identity import parse
    from bihuan.tickets import OpenTicket

    ours = app.make_desk(load({}, data=str(made.folder), database_url=made.server.app_url))
    await ours.start()
    tenant = parse(made.token).tenant_id  # pyright: ignore[reportOptionalMemberAccess]
    actor = Actor(tenant_id=tenant, id=tenant, kind="system", name="bench", permissions=all_codes())
    spent: dict[str, list[float]] = {"decode": [], "verb": [], "commit": [], "http_whole": []}
    raw = json.dumps(body).encode()
    for _ in range(200):
        at = time.perf_counter()
        command = decode.decode(raw, OpenTicket)
        spent["decode"].append(time.perf_counter() - at)
        async with ours.database.work(tenant) as work:
            at = time.perf_counter()
            await tickets.open_ticket(work, actor, command)
            spent["verb"].append(time.perf_counter() - at)
            at = time.perf_counter()
        spent["commit"].append(time.perf_counter() - at)
    async with made.client() as client:
        for _ in range(200):
            at = time.perf_counter()
            await client.post("/api/v1/tickets", content=raw)
            spent["http_whole"].append(time.perf_counter() - at)
    await ours.stop()
    _ = (run, web)
    return {f"us_{name}": round(statistics.median(values) * 1e6) for name, values in spent.items()}


if __name__ == "__main__":
    sys.exit(main())
