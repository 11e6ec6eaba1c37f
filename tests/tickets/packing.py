"""Evidence packages for tests: a ticket with something of everything, its package, and what somebody may do to it."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bihuan.evidence import VERIFIER, fingerprint, verify_evidence
from bihuan.evidence.package import SIGNED
from bihuan.tickets import file_check
from tests.conftest import House

Files = dict[str, bytes]
Json = dict[str, Any]
_SAME_TIME = (1980, 1, 1, 0, 0, 0)


async def rich_ticket(house: House) -> Json:
    """A ticket with words of everybody, files that were checked, changes, an answer and a decision."""
    client = await house.client()
    ticket = await house.ticket(client)
    url = f"/tickets/{ticket['id']}"
    files = {"f": ("小票.txt", "金额 12.00，卡号 6222020200112230".encode())}
    assert (await client.post(f"{url}/attach", files=files)).status_code == 201
    for verb, body in (
        ("note", {"body": "内部备注：卡号 6222020200112230"}),
        ("receive", {"body": "请尽快处理", "channel": "phone"}),
        ("priority", {"priority": "urgent", "reason": "客户要求", "version": None}),
        ("reply", {"body": "您好，已核实，款项将退回原卡。", "version": None}),
    ):
        if "version" in body:
            body["version"] = (await client.get(url)).json()["version"]
        answer = await client.post(f"{url}/{verb}", json=body)
        assert answer.status_code == 200, answer.text
    await file_check.check_now(house.desk, house.tenant_id)
    return dict((await client.get(url)).json())


async def exported(house: House, ticket: Json, role: str = "compliance", **asked: Any) -> httpx.Response:
    """The answer to somebody who asks for a ticket's package."""
    client = await house.client(role)
    return await client.post(f"/tickets/{ticket['id']}/evidence-package", json=asked)


def fingerprint_of(house: House) -> str:
    """What the institution would give out."""
    return fingerprint(house.desk.ring.active("sign"))


def unpacked(content: bytes) -> Files:
    """The files of a package, in its order."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return {name: package.read(name) for name in package.namelist()}


def packed(files: Mapping[str, bytes]) -> bytes:
    """A ZIP of files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            package.writestr(zipfile.ZipInfo(name, _SAME_TIME), content)
    return made.getvalue()


def relisted(files: Files) -> Files:
    """The files with a manifest that fits them: by somebody without the institution's key."""
    manifest = json.loads(files["manifest.json"])
    manifest["files"] = [
        {"path": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in files.items()
        if name not in ("manifest.json", "signature.json")
    ]
    return {**files, "manifest.json": json.dumps(manifest).encode()}


def signed_anew(files: Files) -> Files:
    """The files under a key of one's own, everything signed again that only names a key."""
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    manifest = relisted(files)["manifest.json"]
    signature = {
        "fingerprint": hashlib.sha256(public).hexdigest(),
        "key": "ed25519:anybody",
        "public_key": public.hex(),
        "signature": private.sign(SIGNED + manifest).hex(),
    }
    return {**files, "manifest.json": manifest, "signature.json": json.dumps(signature).encode()}


def rechained(events: bytes, change: Callable[[list[Json]], None]) -> bytes:
    """Events changed, with every hash after them computed anew: all that can be done without a key."""
    rows = [json.loads(line) for line in events.splitlines()]
    start = bytes.fromhex(rows[0]["prev"])
    change(rows)
    for row in rows:
        row["prev"] = start.hex()
        start = hashlib.sha256(start + row["body"].encode()).digest()
        row["hash"] = start.hex()
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def checked(folder: Path, content: bytes, *keys: str) -> list[tuple[str, str, str]]:
    """What the verifier finds; `unreadable` of the package itself where it cannot be checked."""
    path = folder / "package.zip"
    path.write_bytes(content)
    try:
        found = verify_evidence.verify(path, list(keys))
    except verify_evidence.NotAPackage:
        return [("package.zip", "-", "not_a_package")]
    return [tuple(one) for one in found.findings]


SCRIPT = VERIFIER
