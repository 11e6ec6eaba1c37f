"""What somebody with all of SQL, but without the ring, may do to a ticket: drawn attacks, and what must be named."""

import os
import random
from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from bihuan.evidence import chain
from bihuan.evidence.findings import Kind

#: Ticket → what must be among its findings: (number, kind), number None where any will do.
Expected = dict[UUID, set[tuple[int | None, Kind]]]
_COLUMNS = "seq, body, hash, mac, mac_key"


class Row(msgspec.Struct, kw_only=True):
    seq: int
    body: str
    hash: bytes
    mac: bytes
    mac_key: str


class Tamper:
    """One attacker at work on one tenant, by a superuser's connection without triggers and foreign keys."""

    def __init__(self, connection: psycopg.Connection[Any], tenant_id: UUID, dice: random.Random) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._dice = dice
        self.place = 0

    def run(self, statement: str, *values: object) -> None:
        connection = self._connection
        connection.execute(statement.replace("TENANT", f"tenant_id = '{self._tenant_id}'").encode(), values)

    def rows(self, ticket: UUID) -> list[Row]:
        found = self._connection.execute(
            f"select {_COLUMNS} from event where tenant_id = %s and stream_id = %s order by seq".encode(),
            (self._tenant_id, ticket),
        ).fetchall()
        return [Row(seq=s, body=b, hash=h, mac=m, mac_key=k) for s, b, h, m, k in found]

    def write(self, ticket: UUID, rows: list[Row]) -> None:
        self.run("delete from event where TENANT and stream_id = %s", ticket)
        for row in rows:
            self.run(
                "insert into event (tenant_id, stream_id, seq, body, hash, mac, mac_key) values (%s,%s,%s,%s,%s,%s,%s)",
                self._tenant_id,
                ticket,
                row.seq,
                row.body,
                row.hash,
                row.mac,
                row.mac_key,
            )

    def head(self, ticket: UUID, seq: int, hash_: bytes) -> None:
        """Set the head; its MAC stays, becomes an event's, or becomes noise."""
        mac = self._dice.choice(["head_mac", "%s", "%s"])
        noise = [os.urandom(32)] if mac == "%s" else []
        self.run(
            f"update stream set head_seq = %s, head_hash = %s, head_mac = {mac} where TENANT and id = %s",
            seq,
            hash_,
            *noise,
            ticket,
        )

    def rehash(self, ticket: UUID, rows: list[Row]) -> None:
        """Compute every hash anew, as anyone can."""
        before = chain.genesis(self._tenant_id, "ticket", ticket)
        for row in rows:
            row.hash = before = chain.event_hash(before, row.body.encode())

    def forged(self, like: Row, ticket: UUID, seq: int) -> Row:
        body = f'{{"data":{{"text":"假"}},"kind":"x","seq":{seq},"state":"","stream":"ticket:{ticket}"}}'
        return Row(seq=seq, body=body, hash=os.urandom(32), mac=os.urandom(32), mac_key=like.mac_key)


Attack = Callable[[Tamper, random.Random, UUID, UUID], Expected]


def edit(tamper: Tamper, dice: random.Random, ticket: UUID, _other: UUID) -> Expected:
    rows = tamper.rows(ticket)
    row = dice.choice(rows)
    how = dice.choice(["body", "rehash", "hash", "mac", "key"])
    if how in ("body", "rehash"):
        row.body = row.body.replace("客户来电", "客户来信")
    if how == "rehash":
        tamper.rehash(ticket, rows)
        tamper.head(ticket, rows[-1].seq, rows[-1].hash)
    if how == "hash":
        row.hash = os.urandom(dice.choice([0, 5, 32, 33]))
    if how == "mac":
        row.mac = os.urandom(dice.choice([0, 32, 40]))
    if how == "key":
        row.mac_key = dice.choice(["", "hmac-sha256:mac-9", "ed25519:sign-1"])
    tamper.write(ticket, rows)
    return {ticket: {(row.seq, "edited")}}


def edit_head(tamper: Tamper, dice: random.Random, ticket: UUID, _other: UUID) -> Expected:
    last = tamper.rows(ticket)[-1].seq
    change = dice.choice(
        [
            "head_mac = '\\x00'",
            "head_hash = '\\x00'",
            "head_seq = head_seq + 3",
            "kind = 'staff'",
            "mac_key = 'x'",
            "sealed_seq = 99999",
        ]
    )
    tamper.run(f"update stream set {change} where TENANT and id = %s", ticket)
    return {ticket: {(last, "edited")}}


def edit_row(tamper: Tamper, dice: random.Random, ticket: UUID, _other: UUID) -> Expected:
    last = tamper.rows(ticket)[-1].seq
    change = dice.choice(
        ["title = title || ' '", "amount = amount + 1", "note = case when note is null then '' end"]
    )
    tamper.run(f"update sample_ticket set {change} where TENANT and id = %s", ticket)
    return {ticket: {(last, "edited")}}


def edit_message(tamper: Tamper, dice: random.Random, ticket: UUID, _other: UUID) -> Expected:
    change = dice.choice(["body = body || '。'", "body = null", "body = null, nonce = null", "kind = 'note'"])
    tamper.run(f"update sample_message set {change} where TENANT and ticket_id = %s and seq = 1", ticket)
    return {ticket: {(1, "edited")}}


def delete_message(tamper: Tamper, dice: random.Random, ticket: UUID, _other: UUID) -> Expected:
    tamper.run("delete from sample_message where TENANT and ticket_id = %s and seq = 1", ticket)
    return {ticket: {(1, "missing")}}


def edit_file(tamper: Tamper, dice: random.Random, ticket: UUID, _other: UUID) -> Expected:
    if dice.random() < 0.5:
        tamper.run(
            "update sample_file set sha256 = '\\x01' where TENANT and ticket_id = %s and seq = 2", ticket
        )
        return {ticket: {(2, "edited")}}
    tamper.run("delete from sample_file where TENANT and ticket_id = %s and seq = 2", ticket)
    return {ticket: {(2, "missing")}}


def delete(tamper: Tamper, dice: random.Random, ticket: UUID, _other: UUID) -> Expected:
    rows = tamper.rows(ticket)
    place = dice.randrange(len(rows) - 1)
    gone = rows.pop(place).seq
    how = dice.choice(["plain", "renumber", "rehash"])
    if how != "plain":
        for row in rows[place:]:
            row.seq -= 1
    if how == "rehash":
        tamper.rehash(ticket, rows)
    if how != "plain":
        tamper.head(ticket, rows[-1].seq, rows[-1].hash)
    tamper.write(ticket, rows)
    return {ticket: {(gone, "missing")}}


def insert(tamper: Tamper, dice: random.Random, ticket: UUID, other: UUID) -> Expected:
    rows = tamper.rows(ticket)
    place = dice.randint(0, len(rows))
    new = tamper.forged(rows[0], ticket, place + 1)
    how = dice.choice(["forged", "copy", "unreadable"])
    if how == "copy":
        new = msgspec.structs.replace(dice.choice(rows), seq=place + 1)
    if how == "unreadable":
        new.body = "[]"
    for row in rows[place:]:
        row.seq += 1
    rows.insert(place, new)
    if dice.random() < 0.5:
        tamper.rehash(ticket, rows)
    if dice.random() < 0.5:
        tamper.head(ticket, rows[-1].seq, rows[-1].hash)
    tamper.write(ticket, rows)
    # Which of two equal neighbours is the copy cannot be told: the later counts as inserted.
    return {ticket: {(None if how == "copy" else place + 1, "inserted")}}


def swap(tamper: Tamper, dice: random.Random, ticket: UUID, other: UUID) -> Expected:
    rows = tamper.rows(ticket)
    one, two = dice.sample(rows, 2)
    places = {one.seq, two.seq}
    if dice.random() < 0.5:
        one.body, two.body = two.body, one.body
    else:
        one.seq, two.seq = two.seq, one.seq
    if dice.random() < 0.3:
        rows.sort(key=lambda row: row.seq)
        tamper.rehash(ticket, rows)
    tamper.write(ticket, rows)
    return {ticket: {(place, "moved") for place in places}}


def swap_across(tamper: Tamper, dice: random.Random, ticket: UUID, other: UUID) -> Expected:
    ours, theirs = tamper.rows(ticket), tamper.rows(other)
    here, there = dice.randrange(len(ours)), dice.randrange(len(theirs))
    if dice.random() < 0.5:
        ours[here].body, theirs[there].body = theirs[there].body, ours[here].body
    else:
        ours[here], theirs[there] = theirs[there], ours[here]
        ours[here].seq, theirs[there].seq = here + 1, there + 1
    tamper.write(ticket, ours)
    tamper.write(other, theirs)
    return {ticket: {(here + 1, "moved")}, other: {(there + 1, "moved")}}


def cut_tail(tamper: Tamper, dice: random.Random, ticket: UUID, _other: UUID) -> Expected:
    rows = tamper.rows(ticket)
    left = dice.randrange(1, len(rows))
    tamper.write(ticket, rows[:left])
    how = dice.choice(["events", "set back", "no head"])
    if how == "set back":
        tamper.head(ticket, left, rows[left - 1].hash)
    if how == "no head":
        tamper.run("delete from stream where TENANT and id = %s", ticket)
    return {ticket: {(left + 1, "tail_cut")}}


def drop(tamper: Tamper, dice: random.Random, ticket: UUID, _other: UUID) -> Expected:
    tamper.run("delete from event where TENANT and stream_id = %s", ticket)
    tamper.run("delete from stream where TENANT and id = %s", ticket)
    for table, column in (
        ("sample_ticket", "id"),
        ("sample_message", "ticket_id"),
        ("sample_file", "ticket_id"),
    ):
        if dice.random() < 0.7:
            tamper.run(f"delete from {table} where TENANT and {column} = %s", ticket)
    return {ticket: {(None, "vanished")}}


def drop_row(tamper: Tamper, dice: random.Random, ticket: UUID, _other: UUID) -> Expected:
    tamper.run("delete from sample_ticket where TENANT and id = %s", ticket)
    return {ticket: {(None, "vanished")}}


def put_back(tamper: Tamper, dice: random.Random, ticket: UUID, _other: UUID) -> Expected:
    for table, column in (
        ("event", "stream_id"),
        ("stream", "id"),
        ("sample_ticket", "id"),
        ("sample_message", "ticket_id"),
        ("sample_file", "ticket_id"),
    ):
        tamper.run(f"delete from {table} where TENANT and {column} = %s", ticket)
        tamper.run(f"insert into {table} select * from old_{table} where TENANT and {column} = %s", ticket)
    return {ticket: {(None, "rolled_back")}}


ATTACKS: tuple[Attack, ...] = (
    edit,
    edit_head,
    edit_row,
    edit_message,
    delete_message,
    edit_file,
    delete,
    insert,
    swap,
    swap_across,
    cut_tail,
    drop,
    drop_row,
    put_back,
)
#: Before a seal these leave a state that was once, or that never differs from one: nobody can tell (see verify's docs).
UNTOLD: tuple[Attack, ...] = (drop, put_back)
