"""Passkeys (WebAuthn): keys in people's devices, bound to the desk's address, opened there by finger, face or PIN.

A passkey is two factors at once: the device that has it, and what opens the device (user verification is demanded). It is
found by the device itself (resident), so nobody types a login.
"""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
import webauthn
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.exceptions import InvalidJSONStructure, WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from bihuan.core import clock, ids
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.problems import NotFound, Problem
from bihuan.identity import steps, tell
from bihuan.identity.model import StaffRow
from bihuan.identity.place import Place
from bihuan.identity.rights import queries
from bihuan.identity.signing import Key
from bihuan.privacy import keep_out

MOST = 20
_TRANSPORTS = frozenset({"usb", "nfc", "ble", "hybrid", "internal", "smart-card"})
PasskeyName = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]


class PasskeyRefused(Problem):
    """This passkey does not fit: it is not known here, was made for another address, or the device did not check who holds it."""

    status = 422
    zh = "此通行密钥不可用：未在本系统登记、不属于本地址，或设备没有验证使用者本人。"


class TooManyPasskeys(Problem):
    """There are {most} passkeys already; remove one first."""

    status = 409
    zh = "通行密钥已达 {most} 个，请先移除一个。"


class PasskeyAsked(msgspec.Struct, frozen=True, kw_only=True):
    """What the browser asks the device: options of navigator.credentials in JSON, and the key that goes on."""

    key: str
    options: dict[str, Any]


class PasskeyAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the device said, as the browser's PublicKeyCredential.toJSON() writes it."""

    key: Key
    credential: dict[str, Any]


class NewPasskey(PasskeyAnswer, frozen=True, kw_only=True):
    """A passkey just made, and what its owner calls it."""

    name: PasskeyName


class Passkey(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey, as its owner sees it."""

    id: UUID
    name: str
    backed_up: bool
    created_at: datetime
    last_used_at: datetime | None


class _Row(Passkey, frozen=True, kw_only=True):
    staff_id: UUID
    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: list[str]


class _Id(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID


async def of(work: Work, staff_id: UUID) -> list[Passkey]:
    """Somebody's passkeys, oldest first."""
    return await work.rows(queries.passkeys, Passkey, staff_id=staff_id)


async def ask_new(work: Work, staff: StaffRow, session_id: UUID, place: Place) -> PasskeyAsked:
    """Ask a device to make one. Raises TooManyPasskeys."""
    present = await work.rows(queries.passkey_rows, _Row, staff_id=staff.id)
    if len(present) >= MOST:
        raise TooManyPasskeys(most=MOST)
    options = webauthn.generate_registration_options(
        rp_id=place.host,
        rp_name="闭环 Bihuan",
        user_id=staff.id.bytes,
        user_name=staff.login,
        user_display_name=staff.name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            require_resident_key=True,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=row.credential_id) for row in present],
    )
    step = steps.NewStep(use="register", staff_id=staff.id, session_id=session_id, secret=options.challenge)
    return PasskeyAsked(key=await steps.begin(work, step), options=_json(webauthn.options_to_json(options)))


async def add(work: Work, actor: Actor, session_id: UUID, made: NewPasskey, place: Place) -> UUID:
    """Take one a device has made. Raises StepOver, PasskeyRefused."""
    keep_out({"name": made.name})
    step = await steps.find(work, made.key, "register")
    if step.staff_id != actor.id or step.session_id != session_id:
        raise PasskeyRefused
    await steps.use_up(work, step)
    try:
        found = webauthn.verify_registration_response(
            credential=made.credential,
            expected_challenge=steps.unsealed(work, step),
            expected_rp_id=place.host,
            expected_origin=place.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, InvalidJSONStructure, ValueError, KeyError, TypeError) as error:
        raise PasskeyRefused from error
    passkey_id = ids.new_id()
    kept = await work.one(
        queries.add_passkey, _Id, id=passkey_id, staff_id=actor.id, credential=found.credential_id,
        public_key=found.credential_public_key, sign_count=found.sign_count, name=made.name,
        transports=_transports(made.credential), backed_up=found.credential_backed_up, at=clock.now(),
    )  # fmt: skip
    if kept is None:
        raise PasskeyRefused
    await tell.own(work, actor, "factor.added", factor="passkey", passkey=str(passkey_id))
    return passkey_id


async def ask(
    work: Work, use: steps.Use, place: Place, *, staff_id: UUID | None = None, session_id: UUID | None = None
) -> PasskeyAsked:
    """Ask a device to sign: whoever it is, or one person's devices."""
    present = await work.rows(queries.passkey_rows, _Row, staff_id=staff_id) if staff_id else []
    options = webauthn.generate_authentication_options(
        rp_id=place.host,
        allow_credentials=[PublicKeyCredentialDescriptor(id=row.credential_id) for row in present] or None,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    step = steps.NewStep(use=use, staff_id=staff_id, session_id=session_id, secret=options.challenge)
    return PasskeyAsked(key=await steps.begin(work, step), options=_json(webauthn.options_to_json(options)))


async def check(work: Work, step: steps.Step, credential: dict[str, object], place: Place) -> UUID:
    """Whose it is, where it signed rightly. A count that does not grow is of a copy. Raises PasskeyRefused."""
    row = await work.one(queries.passkey_by_credential, _Row, credential=_credential_id(credential))
    if row is None or (step.staff_id is not None and row.staff_id != step.staff_id):
        raise PasskeyRefused
    try:
        found = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=steps.unsealed(work, step),
            expected_rp_id=place.host,
            expected_origin=place.origin,
            credential_public_key=row.public_key,
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, InvalidJSONStructure, ValueError, KeyError, TypeError) as error:
        raise PasskeyRefused from error
    if (handle := _user_handle(credential)) not in (None, bytes_to_base64url(row.staff_id.bytes)):
        raise PasskeyRefused from ValueError(f"handle of {len(handle or '')} characters")
    await work.run(
        queries.passkey_used, id=row.id, sign_count=found.new_sign_count, backed_up=found.credential_backed_up, at=clock.now()
    )  # fmt: skip
    return row.staff_id


async def rename(work: Work, actor: Actor, passkey_id: UUID, name: str) -> None:
    """What its owner calls it. Raises NotFound, Invalid."""
    keep_out({"name": name})
    if await work.one(queries.rename_passkey, _Id, id=passkey_id, staff_id=actor.id, name=name) is None:
        raise NotFound


async def remove(work: Work, actor: Actor, passkey_id: UUID) -> None:
    """Take one away. Raises NotFound."""
    if await work.one(queries.drop_passkey, _Id, id=passkey_id, staff_id=actor.id) is None:
        raise NotFound
    await tell.own(work, actor, "factor.removed", factor="passkey", passkey=str(passkey_id))


def _json(text: str) -> dict[str, object]:
    return msgspec.json.decode(text, type=dict[str, object])


class _Response(msgspec.Struct, frozen=True):
    userHandle: str | None = None  # noqa: N815 - the browser's name
    transports: list[str] = []


class _Said(msgspec.Struct, frozen=True):
    id: str
    response: _Response


def _said(credential: dict[str, object]) -> _Said:
    try:
        return msgspec.convert(credential, _Said)
    except msgspec.ValidationError as error:
        raise PasskeyRefused from error


def _credential_id(credential: dict[str, object]) -> bytes:
    try:
        return webauthn.base64url_to_bytes(_said(credential).id)
    except ValueError as error:
        raise PasskeyRefused from error


def _user_handle(credential: dict[str, object]) -> str | None:
    handle = _said(credential).response.userHandle
    return handle.rstrip("=") if handle else None


def _transports(credential: dict[str, object]) -> list[str]:
    return sorted(_TRANSPORTS.intersection(_said(credential).response.transports))
