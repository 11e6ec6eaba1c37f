"""A load of creates from one process: keep-alive connections on plain sockets, so that the client costs little.

python bench/load.py PORT TOKEN CONNECTIONS SECONDS SEED < body.json    →  created seconds refused
"""

import asyncio
import json
import sys
import time
import uuid
from typing import Any

import uvloop


async def _one(port: int, head: bytes, bodies: list[bytes], until: float, counts: list[int]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    number = 0
    while time.perf_counter() < until:
        body = bodies[number % len(bodies)]
        number += 1
        # With a key of its own, as a client sends that may have to ask again.
        key = b"\r\nidempotency-key: %s\r\n\r\n" % uuid.uuid4().hex.encode()
        writer.write(head + str(len(body)).encode() + key + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        content = await reader.readexactly(length)
        created = answer.startswith(b"HTTP/1.1 201")
        counts[0 if created else 1] += 1
        if not created:
            print(content.decode(), file=sys.stderr)
    writer.close()


async def _all(port: int, token: str, connections: int, seconds: float, seed: int) -> None:
    body = json.load(sys.stdin)
    head = f"POST /api/v1/tickets HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\ncontent-length: "
    counts = [0, 0]
    began = time.perf_counter()
    work = []
    for c in range(connections):
        numbers = (seed * 1_000_000 + c * 10_007 + n for n in range(500))
        bodies = [json.dumps(varied(body, n), ensure_ascii=False).encode() for n in numbers]
        work.append(_one(port, head.encode(), bodies, began + seconds, counts))
    began = time.perf_counter()
    await asyncio.gather(*work)
    print(counts[0], time.perf_counter() - began, counts[1])


def varied(body: dict[str, Any], number: int) -> dict[str, Any]:
    """Another transaction each time, of one of 48 customers, so that each is a case of its own: the amount differs among
    the creates of a customer for as long as a run takes."""
    fields = {**body["fields"], "amount": {"amount": f"{number // 48 % 9_000_000 + 1}.50", "currency": "CNY"}}
    customer = {**body["customer"], "mobiles": [f"138001380{number % 48:02d}"]}
    return {**body, "fields": fields, "customer": customer}


if __name__ == "__main__":
    uvloop.run(_all(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5])))
