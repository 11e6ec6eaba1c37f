"""A load of creates and replies which writes down, synced, whatever the desk has acknowledged."""

import json
import os
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import msgspec

_PATIENCE = 120.0
#: What a desk answers that is stopping, starting, or holds the same key just now: ask again.
_AGAIN = frozenset({409, 429, 500, 502, 503})


class Acknowledged(msgspec.Struct, frozen=True, kw_only=True):
    """One 201 or 200: the ticket, the version the desk gave, and the words."""

    ticket: str
    number: str
    version: int
    words: str


class Load:
    """Writers that open tickets and reply to them until they are stopped; the same key until it is answered."""

    def __init__(self, url: str, token: str, file: Path, *, writers: int = 4) -> None:
        self._url, self._token, self._file = url, token, file
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._write, args=(n,), daemon=True) for n in range(writers)]
        self.count = 0
        self.refusals = 0
        self.odd: list[str] = []

    def start(self) -> None:
        """Start writing."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish what is under way; every request is settled, one way or the other."""
        self._stop.set()
        for thread in self._threads:
            thread.join(_PATIENCE)
            assert not thread.is_alive(), "a request hangs"

    def kept(self) -> list[Acknowledged]:
        """What was acknowledged, from the disk."""
        lines = self._file.read_bytes().splitlines()
        return [msgspec.json.decode(line, type=Acknowledged) for line in lines]

    def _write(self, writer: int) -> None:
        headers = {"authorization": f"Bearer {self._token}"}
        with httpx.Client(base_url=f"{self._url}/api/v1", headers=headers, timeout=30) as client:
            number = 0
            while not self._stop.is_set():
                number += 1
                words = f"writer {writer} word {number}"
                body = {"case_type": "general", "title": "负载", "description": words}
                ticket = self._insist(client, "/tickets", body, f"open-{writer}-{number}", words)
                if ticket is None:
                    return
                reply = {"version": ticket["version"], "body": f"answer to {words}"}
                self._insist(
                    client, f"/tickets/{ticket['id']}/reply", reply, f"reply-{writer}-{number}", reply["body"]
                )

    def _insist(
        self, client: httpx.Client, path: str, body: Any, key: str, words: str
    ) -> dict[str, Any] | None:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            try:
                answer = client.post(path, json=body, headers={"idempotency-key": key})
            except httpx.TransportError:
                status = 503
            else:
                status = answer.status_code
                if status in (200, 201):
                    told = dict(answer.json())
                    self._keep(told, words)
                    return told
            if status not in _AGAIN:
                self.odd.append(f"{path} {status} {answer.text}")
                return None
            self.refusals += 1
            time.sleep(0.05)  # the real process is away; ask again until the deadline
        self.odd.append(f"{path} was not answered in {_PATIENCE} s")
        return None

    def _keep(self, told: dict[str, Any], words: str) -> None:
        line = {"ticket": told["id"], "number": told["number"], "version": told["version"], "words": words}
        with self._lock, self._file.open("ab") as file:
            file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
            self.count += 1
