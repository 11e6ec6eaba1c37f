"""What verifying the evidence costs: events per second end to end, and whether memory grows with their number.

    python bench/verify.py [--events 200000] [--check]

A temporary embedded server gets `--events` authentic events (ten to a ticket, written in the order of time, so that a
ticket's lie apart), their heads, and seals over half of the places. `verify` then runs in a process pinned to one
core, PostgreSQL on the others; ten times the events follow, for the memory. In the same run, as the physical limit:
the same COPY with every body hashed once and nothing else. A second tenant, with a row per ticket and three messages,
shows what comparing the rows beside the chain adds; and so it is with two clocks a ticket that three events change.

The figures come last, one `name value` a line. `--check` exits 1 where a goal is missed.
"""

import argparse
import hashlib
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import UUID

import msgspec
import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg import sql

from bihuan.core import clock, ids, keyring, migrate
from bihuan.core.embedded import EmbeddedServer
from bihuan.core.keyring import KeyRing
from bihuan.evidence import chain, state
from bihuan.evidence.chain import Head
from bihuan.evidence.checks import LatestCheck, PayloadCheck, RowCheck
from bihuan.evidence.copy import END, Snapshot
from bihuan.evidence.statements import Statements
from bihuan.evidence.verify import verify

GOAL_EVENTS_PER_SECOND = 200_000
GOAL_GROWTH = 1.10
PER_TICKET = 10
#: Places whose head a seal has: a ticket's first events fall into one second, later ones each into their own.
SEALED = (2, 5, 7, 9, 10)
#: Places with a message and a change of the clocks.
SPOKEN = (1, 4, 8)
KINDS = ("first_response", "resolution")
_TICKETS_AT_ONCE = 2000

ROWS = RowCheck(kind="ticket", table="bench_row", columns=tuple(f"c{n}" for n in range(20)))
MESSAGES = PayloadCheck(
    kind="ticket", table="bench_message", stream="ticket_id", member="commit", payload="body", nonce="nonce"
)
CLOCKS = LatestCheck(
    kind="ticket",
    table="bench_clock",
    stream="ticket_id",
    id="kind",
    columns=tuple(f"c{n}" for n in range(20)),
)
_TABLES = f"""
create table bench_clock (tenant_id uuid, ticket_id uuid, kind text, {", ".join(f"c{n} text" for n in range(20))},
  primary key (tenant_id, ticket_id, kind));
create table bench_row (tenant_id uuid, id uuid, {", ".join(f"c{n} text" for n in range(20))}, primary key (tenant_id, id));
create table bench_message (tenant_id uuid, ticket_id uuid, seq bigint, body text, nonce bytea,
  primary key (tenant_id, ticket_id, seq));
grant select on bench_row, bench_message, bench_clock to bihuan_app;
"""


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What one verifying process tells: seconds of each run, peak bytes, and seconds of the limit's runs."""

    seconds: list[float]
    limit: list[float]
    rss: int
    events: int


class Block:
    """Authentic streams of ten events, made side by side: row tuples per table."""

    def __init__(self, tenant_id: UUID, ring: KeyRing, tickets: int, *, rows: bool) -> None:
        self._tenant_id = tenant_id
        self._mac = ring.active("mac")
        self._rows = rows
        self.ids = [ids.new_id() for _ in range(tickets)]
        self._hashes = [chain.genesis(tenant_id, "ticket", stream_id) for stream_id in self.ids]
        self.sealed: list[list[tuple[UUID, int, bytes]]] = []
        self.messages: list[tuple[UUID, UUID, int, str, bytes]] = []
        self.states = {stream_id: [f"column {n} of {stream_id}" for n in range(20)] for stream_id in self.ids}

    def events(self) -> Iterator[tuple[object, ...]]:
        """Event rows in the order of time: every ticket's first, every ticket's second …"""
        for seq in range(1, PER_TICKET + 1):
            for index, stream_id in enumerate(self.ids):
                body = self._body(stream_id, seq)
                self._hashes[index] = found = chain.event_hash(self._hashes[index], body.encode())
                mac = chain.mac(self._mac.secret, found)
                yield self._tenant_id, stream_id, seq, body, found, mac, self._mac.tag
            if seq in SEALED:
                self.sealed.append([(i, seq, h) for i, h in zip(self.ids, self._hashes, strict=True)])

    def heads(self) -> Iterator[tuple[object, ...]]:
        for stream_id, hash_ in zip(self.ids, self._hashes, strict=True):
            mac = chain.head_mac(self._mac.secret, "ticket", stream_id, Head(seq=PER_TICKET, hash=hash_))
            yield self._tenant_id, stream_id, "ticket", PER_TICKET, hash_, mac, self._mac.tag, PER_TICKET

    def _body(self, stream_id: UUID, seq: int) -> str:
        data: dict[str, object] = {"fields": {"amount": "1280.00", "currency": "CNY", "reason": "重复扣款"}}
        if self._rows and seq in SPOKEN:
            text, nonce = f"第 {seq} 条:客户说同一笔交易被扣了两次,请核实后退回。" * 2, os.urandom(16)
            self.messages.append((self._tenant_id, stream_id, seq, text, nonce))
            data["commit"] = chain.commitment(nonce, text.encode())
            told_clock = state.digest(self.states[stream_id])
            data["rows"] = {"bench_clock": dict.fromkeys(KINDS, told_clock)}
        told = state.digest(self.states[stream_id]) if self._rows else "0" * 64
        return chain.canonical(
            {
                "actor": {"id": str(self._tenant_id), "kind": "staff", "via": "session"},
                "at": clock.now(),
                "data": data,
                "kind": "ticket.fields_changed",
                "seq": seq,
                "state": told,
                "stream": f"ticket:{stream_id}",
                "tenant": str(self._tenant_id),
                "v": 1,
            }
        )


class Seal:
    """Signs one tenant's seals, each over up to 1,000 heads."""

    def __init__(self, tenant_id: UUID, ring: KeyRing) -> None:
        self.tenant_id = tenant_id
        self._tag = ring.active("sign").tag
        self._key = Ed25519PrivateKey.from_private_bytes(ring.active("sign").secret)
        self._before = ""
        self.no = 0

    def sign(self, leaves: Sequence[tuple[UUID, int, bytes]]) -> tuple[object, ...]:
        self.no += 1
        told = {
            "at": clock.now(),
            "before": self._before,
            "no": self.no,
            "root": chain.merkle_root(chain.leaf(i, Head(seq=s, hash=h)) for i, s, h in leaves).hex(),
            "streams": len(leaves),
            "tenant": str(self.tenant_id),
        }
        body = chain.canonical(told).encode()
        hash_ = chain.event_hash(b"", body)
        self._before = hash_.hex()
        return self.tenant_id, self.no, body.decode(), hash_, self._key.sign(body), self._tag


def build(owner_url: str, ring: KeyRing, events: int, *, rows: bool) -> UUID:
    """A tenant with so many events."""
    tenant_id = ids.new_id()
    seal = Seal(tenant_id, ring)
    with psycopg.connect(owner_url) as connection:
        connection.execute(
            "insert into tenant (id, code, name, created_at) values (%s, %s, 'bench', %s)",
            (tenant_id, f"t{tenant_id.hex[:30]}", clock.now()),
        )
        for start in range(0, events // PER_TICKET, _TICKETS_AT_ONCE):
            tickets = min(_TICKETS_AT_ONCE, events // PER_TICKET - start)
            _write(connection, Block(tenant_id, ring, tickets, rows=rows), seal)
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(
            "vacuum (analyze) event, stream, seal, seal_leaf, bench_row, bench_message, bench_clock"
        )
    return tenant_id


def _write(connection: psycopg.Connection, block: Block, seal: Seal) -> None:
    tenant_id = seal.tenant_id
    _copy(connection, "event", block.events())
    _copy(connection, "stream", block.heads())
    for leaves in block.sealed:
        for start in range(0, len(leaves), 1000):
            part = sorted(leaves[start : start + 1000], key=lambda leaf: leaf[0].bytes)
            _copy(connection, "seal", [seal.sign(part)])
            _copy(connection, "seal_leaf", ((tenant_id, i, s, seal.no, h) for i, s, h in part))
    if block.messages:
        _copy(connection, "bench_message", block.messages)
        _copy(connection, "bench_row", ((tenant_id, i, *texts) for i, texts in block.states.items()))
        clocks = ((tenant_id, i, kind, *texts) for i, texts in block.states.items() for kind in KINDS)
        _copy(connection, "bench_clock", clocks)


def _copy(
    connection: psycopg.Connection,
    table: str,
    rows: "Iterator[tuple[object, ...]] | Sequence[tuple[object, ...]]",
) -> None:
    with connection.cursor().copy(sql.SQL("copy {} from stdin").format(sql.Identifier(table))) as copy:
        for row in rows:
            copy.write_row(row)


def child(arguments: argparse.Namespace) -> None:
    """Verify in this process, and read and hash the same rows for the limit; tells Measured as JSON."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    ring, tenant_id = KeyRing(Path(arguments.keys)), UUID(arguments.tenant)
    seconds: list[float] = []
    events = 0
    for _ in range(arguments.runs):
        begun = clock.perf()
        rows, payloads = ((ROWS,), (MESSAGES,)) if arguments.rows else ((), ())
        beside = {"rows": rows, "payloads": payloads, "latest": (CLOCKS,) if arguments.clocks else ()}
        run = verify(arguments.url, ring, tenant_id, roots_log=None, **beside)
        for finding in run.findings:
            raise SystemExit(f"authentic data was accused: {finding}")
        seconds.append(clock.perf() - begun)
        events = run.events
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    limit = [_limit(arguments.url, tenant_id) for _ in range(arguments.runs if arguments.limit else 0)]
    told = Measured(seconds=seconds, limit=limit, rss=rss, events=events)
    sys.stdout.write(msgspec.json.encode(told).decode())


def _limit(url: str, tenant_id: UUID) -> float:
    """Seconds to read the events by plain COPY and hash their bodies."""
    begun, blank = clock.perf(), hashlib.sha256()
    with Snapshot(url, tenant_id) as snapshot:
        rows = snapshot.copy(Statements(tenant_id).events)
        while rows.row != END:
            hashed = blank.copy()
            hashed.update(rows.row[130:])
            hashed.digest()
            rows.step()
    return clock.perf() - begun


def measure(server: EmbeddedServer, ring: KeyRing, tenant_id: UUID, *flags: str) -> Measured:
    """A fresh process on one core; PostgreSQL stays off that core where there are others."""
    cores = os.sched_getaffinity(0)
    for pid in server.pids:
        os.sched_setaffinity(pid, cores - {min(cores)} or cores)
    command = [sys.executable, __file__, "--child", "--url", server.app_url, "--keys", str(ring.path)]
    done = subprocess.run([*command, "--tenant", str(tenant_id), *flags], check=True, capture_output=True)
    return msgspec.json.decode(done.stdout, type=Measured)


def figures(events: int, runs: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="bihuan-bench-") as name:
        os.chmod(name, 0o711)  # the server runs as an account of its own where we are root
        server = EmbeddedServer(Path(name) / "data")
        server.start()
        try:
            return _figures(server, keyring.init(Path(name) / "keys" / "keys.json"), events, runs)
        finally:
            server.stop()


def _figures(server: EmbeddedServer, ring: KeyRing, events: int, runs: int) -> dict[str, float]:
    migrate.migrate(server.owner_url)
    with psycopg.connect(server.owner_url) as connection:
        connection.execute(_TABLES.encode())
    again = ("--runs", str(runs))
    few = measure(server, ring, build(server.owner_url, ring, events, rows=False), *again, "--limit")
    full = build(server.owner_url, ring, events, rows=True)
    with_rows = measure(server, ring, full, *again, "--rows")
    with_clocks = measure(server, ring, full, *again, "--rows", "--clocks")
    many = measure(server, ring, build(server.owner_url, ring, 10 * events, rows=False), "--runs", "1")
    return {
        "events": few.events,
        "runs": runs,
        "events_per_second_best": few.events / min(few.seconds),
        "events_per_second_median": few.events / statistics.median(few.seconds),
        "events_per_second_ten_times": many.events / many.seconds[0],
        "events_per_second_with_rows_median": with_rows.events / statistics.median(with_rows.seconds),
        "events_per_second_with_clocks_median": with_clocks.events / statistics.median(with_clocks.seconds),
        "limit_events_per_second_median": few.events / statistics.median(few.limit),
        "ratio_to_limit": statistics.median(few.limit) / statistics.median(few.seconds),
        "rss_bytes": few.rss,
        "rss_bytes_ten_times": many.rss,
        "rss_growth": many.rss / few.rss,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--check", action="store_true")
    for name in ("url", "keys", "tenant"):
        parser.add_argument(f"--{name}", help=argparse.SUPPRESS)
    for name in ("child", "rows", "clocks", "limit"):
        parser.add_argument(f"--{name}", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        child(arguments)
        return
    found = figures(arguments.events, arguments.runs)
    for name, value in found.items():
        print(f"{name} {value:.3f}" if value < 100 else f"{name} {value:.0f}")
    slow = found["events_per_second_median"] < GOAL_EVENTS_PER_SECOND
    if arguments.check and (slow or found["rss_growth"] > GOAL_GROWTH):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
