"""Time stamps of seals by an outside authority (RFC 3161), so that not even the desk can date a root back.

A stamp is over the SHA-256 of a seal's body. As seals are chained, one every few minutes dates all seals before it. The sweep
asks for one where the newest seal is not stamped and the last stamp is old enough; what fails is asked again at the next
turn. A token is verified when it comes, against the authority's own certificates, and again by `bihuan evidence verify`.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from bihuan.core import clock, log, outbound
from bihuan.core.db import Work
from bihuan.core.desk import Desk
from bihuan.core.outbound import Outward, Unanswered
from bihuan.core.problems import Problem
from bihuan.core.settings import BadSetting, Settings
from bihuan.evidence.append import queries
from bihuan.evidence.findings import Finding
from bihuan.evidence.seal import SealRow, all_tenants

_HEADERS = {"content-type": "application/timestamp-query", "accept": "application/timestamp-reply"}
#: A reply around a token alone: status granted (RFC 3161, 2.4.2).
_GRANTED = bytes.fromhex("3003020100")
_LOOK_SECONDS = 15.0
_PAGE = 500
_log = log.get("stamps")


class StampRefused(Problem):
    """The time-stamp authority gave no stamp that holds: {reason}."""

    status = 424
    zh = "时间戳机构未给出有效的时间戳：{reason}。"


class Stamped(msgspec.Struct, frozen=True, kw_only=True):
    """A token that holds (DER), and the authority's time."""

    token: bytes
    at: datetime


class _Last(msgspec.Struct, frozen=True, kw_only=True):
    no: int
    received_at: datetime


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    no: int
    token: bytes
    stamped_at: datetime
    body: str


class Authority:
    """The authority's certificates: self-signed ones are its roots."""

    def __init__(self, file: Path) -> None:
        """Raises BadSetting."""
        try:
            found = x509.load_pem_x509_certificates(file.read_bytes())
        except (OSError, ValueError) as error:
            raise BadSetting(name="BIHUAN_TSA_CA", reason="cannot be read as PEM certificates") from error
        self._roots = [c for c in found if c.issuer == c.subject]
        self._others = [c for c in found if c.issuer != c.subject]
        if not self._roots:
            raise BadSetting(name="BIHUAN_TSA_CA", reason="holds no self-signed root")

    def stamped(self, token: bytes, body: bytes, *, nonce: int | None = None) -> Stamped:
        """The stamp, where the token is the authority's, over these bytes and for this request. Raises StampRefused."""
        try:
            response = decode_timestamp_response(_around(token))
            builder = VerifierBuilder(roots=list(self._roots), intermediates=list(self._others), nonce=nonce)
            builder.build().verify(response, hashlib.sha256(body).digest())
        except (VerificationError, ValueError) as error:
            raise StampRefused(reason=str(error) or type(error).__name__) from error
        return Stamped(token=token, at=response.tst_info.gen_time)


class Stamper:
    """Asks one authority for stamps."""

    def __init__(self, url: str, authority: Authority, outward: Outward) -> None:
        self._url = url
        self._authority = authority
        self._outward = outward

    async def stamp(self, body: bytes) -> Stamped:
        """A stamp over these bytes. Raises StampRefused."""
        builder = TimestampRequestBuilder().data(body).hash_algorithm(HashAlgorithm.SHA256)
        request = builder.nonce(nonce=True).cert_request(cert_request=True).build()
        reply = await self._outward.post(self._url, request.as_bytes(), _HEADERS)
        if isinstance(reply, Unanswered):
            raise StampRefused(reason=reply.code)
        if reply.status != 200:
            raise StampRefused(reason=f"status {reply.status}")
        return self._authority.stamped(_token(reply.body), body, nonce=request.nonce)


def stamper(settings: Settings) -> Stamper | None:
    """The stamper by the settings; None where no authority is set. Raises BadSetting."""
    if not settings.tsa_url:
        return None
    return Stamper(settings.tsa_url, authority(settings), Outward(outbound.tls(settings), None))


def authority(settings: Settings) -> Authority:
    """The authority by the settings. Raises BadSetting."""
    if not settings.tsa_ca:
        raise BadSetting(name="BIHUAN_TSA_CA", reason="is needed to verify time stamps")
    return Authority(Path(settings.tsa_ca))


async def run(desk: Desk, by: Stamper | None) -> None:
    """Stamp for ever, where an authority is set."""
    while by is not None:
        for tenant_id in await _tenants(desk):
            try:
                await stamp_newest(desk, tenant_id, by)
            except Problem as problem:
                _log.warning("not_stamped", reason=type(problem).__name__, detail=problem.text("en"))
            except Exception as error:
                _log.error("stamping_failed", error=error)
        await asyncio.sleep(_LOOK_SECONDS)


async def _tenants(desk: Desk) -> Sequence[UUID]:
    try:
        return await all_tenants(desk.database)
    except Exception as error:
        _log.error("stamping_failed", error=error)
        return ()


async def stamp_newest(desk: Desk, tenant_id: UUID, by: Stamper, *, at_once: bool = False) -> int:
    """Have the newest seal stamped, where it is not and the last stamp is old enough; returns its number, else 0.

    Raises StampRefused.
    """
    async with desk.database.work(tenant_id) as work:
        seal = await work.one(queries.newest_seal, SealRow)
        last = await work.one(queries.last_stamp, _Last)
    if seal is None or (last is not None and last.no >= seal.no):
        return 0
    pause = timedelta(minutes=desk.settings.tsa_minutes)
    if last is not None and not at_once and clock.now() - last.received_at < pause:
        return 0
    stamped = await by.stamp(seal.body.encode())
    async with desk.database.work(tenant_id) as work:
        await work.run(
            queries.add_stamp,
            no=seal.no,
            token=stamped.token,
            stamped_at=stamped.at,
            received_at=clock.now(),
        )
    return seal.no


async def verify_stamps(work: Work, by: Authority) -> list[Finding]:
    """Stamps that do not hold: not the authority's, not over their seal, or not of the time the row says."""
    found: list[Finding] = []
    after = 0
    while rows := await work.rows(queries.stamps, _Row, after=after, most=_PAGE):
        found += [
            Finding(stream=f"stamp:{work.tenant_id}", seq=row.no, kind="edited")
            for row in rows
            if not _holds(row, by)
        ]
        after = rows[-1].no
    return found


def _holds(row: _Row, by: Authority) -> bool:
    try:
        return by.stamped(row.token, row.body.encode()).at == row.stamped_at
    except StampRefused:  # the answer, not an error
        return False


def _token(reply: bytes) -> bytes:
    """The token of a reply. Raises StampRefused."""
    try:
        response: TimeStampResponse = decode_timestamp_response(reply)
        return bytes(response.time_stamp_token())
    except ValueError as error:
        raise StampRefused(reason="not a time-stamp reply") from error


def _around(token: bytes) -> bytes:
    """The token as a granted reply, for the library reads no bare token (DER: a SEQUENCE of both)."""
    content = _GRANTED + token
    size = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    length = bytes([len(content)]) if len(content) < 0x80 else bytes([0x80 | len(size)]) + size
    return b"\x30" + length + content
