"""Sign-in services of the institution (OpenID Connect): set up, listed, taken away. Several per tenant."""

import hashlib
from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from bihuan import privacy
from bihuan.core import clock
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.problems import FieldProblem, Invalid, NotFound
from bihuan.identity.model import Code, Name, Role
from bihuan.identity.rights import queries
from bihuan.identity.tell import told

ProviderCode = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Bind = Literal["none", "login", "email"]
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class RoleClaim(msgspec.Struct, frozen=True, kw_only=True):
    """Roles by what the service says: the claim, and for each of its values the roles it stands for."""

    claim: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    roles: dict[Annotated[str, msgspec.Meta(max_length=200)], list[Code]]


class ProviderBody(msgspec.Struct, frozen=True, kw_only=True):
    """`bind`: how somebody who comes the first time is found: not at all (they join it while signed in), by
    `preferred_username` or by verified e-mail, either equal to their login. Whoever may set names at the service may then
    sign in as anybody here.
    """

    scopes: tuple[Annotated[str, msgspec.Meta(pattern=r"^[!-~]{1,80}$")], ...] = (
        "openid",
        "profile",
        "email",
    )
    bind: Bind = "none"
    role_claim: RoleClaim | None = None


class NewProvider(ProviderBody, frozen=True, kw_only=True):
    """A service to be set up, or changed. Without a secret the one it has stays; a public client has none."""

    code: ProviderCode
    name_zh: Name
    name_en: Name
    issuer: Annotated[str, msgspec.Meta(max_length=300)]
    client_id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    client_secret: Annotated[str, msgspec.Meta(min_length=1, max_length=400)] | None = None
    public_client: bool = False
    active: bool = True


class ProviderView(ProviderBody, frozen=True, kw_only=True):
    """A service, as an administrator sees it: never its secret."""

    code: str
    name_zh: str
    name_en: str
    issuer: str
    client_id: str
    has_secret: bool
    active: bool
    changed_at: datetime


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """A service's row, with its body read."""

    code: str
    name_zh: str
    name_en: str
    issuer: str
    client_id: str
    secret: bytes | None
    secret_key: str | None
    body: str
    active: bool
    changed_by: UUID
    changed_at: datetime

    @property
    def wishes(self) -> ProviderBody:
        """Scopes, binding, roles."""
        return msgspec.json.decode(self.body, type=ProviderBody)


class _Code(msgspec.Struct, frozen=True, kw_only=True):
    code: str


async def all_of(work: Work) -> list[Provider]:
    """Every service."""
    return await work.rows(queries.providers, Provider)


async def one_of(work: Work, code: str) -> Provider:
    """A service. Raises NotFound."""
    row = await work.one(queries.provider, Provider, code=code)
    if row is None:
        raise NotFound
    return row


def viewed(row: Provider) -> ProviderView:
    """A row as it is shown."""
    return ProviderView(
        code=row.code,
        name_zh=row.name_zh,
        name_en=row.name_en,
        issuer=row.issuer,
        client_id=row.client_id,
        has_secret=row.secret is not None,
        active=row.active,
        changed_at=row.changed_at,
        **{name: getattr(row.wishes, name) for name in ProviderBody.__struct_fields__},
    )


async def put(work: Work, actor: Actor, wanted: NewProvider) -> Provider:
    """Set up or change a service. Raises Invalid."""
    privacy.keep_out(wanted, but=("client_secret",), kinds=("ip_address",))
    await _check(work, wanted)
    before = await work.one(queries.provider, Provider, code=wanted.code)
    sealed, tag = (before.secret, before.secret_key) if before and not wanted.public_client else (None, None)
    if wanted.client_secret is not None and not wanted.public_client:
        sealed, tag = privacy.seal_secret(
            work.ring, _bound(work.tenant_id, wanted.code), wanted.client_secret.encode()
        )
    body = ProviderBody(scopes=wanted.scopes, bind=wanted.bind, role_claim=wanted.role_claim)
    await work.run(
        queries.put_provider,
        code=wanted.code,
        name_zh=wanted.name_zh,
        name_en=wanted.name_en,
        issuer=wanted.issuer,
        client_id=wanted.client_id,
        secret=sealed,
        secret_key=tag,
        body=msgspec.json.encode(body, order="deterministic").decode(),
        active=wanted.active,
        by=actor.id,
        at=clock.now(),
    )
    change: dict[str, object] = {
        "provider": wanted.code, "issuer": wanted.issuer, "bind": wanted.bind, "active": wanted.active,
        "new_secret": wanted.client_secret is not None,
        "role_claim": msgspec.to_builtins(wanted.role_claim),
    }  # fmt: skip
    await told(work, actor, "identity_provider.changed" if before else "identity_provider.added", change)
    return await one_of(work, wanted.code)


async def remove(work: Work, actor: Actor, code: str) -> None:
    """Take a service away. Who was joined stays so, should it come back. Raises NotFound."""
    if await work.one(queries.drop_provider, _Code, code=code) is None:
        raise NotFound
    await told(work, actor, "identity_provider.removed", {"provider": code})


def secret_of(work: Work, row: Provider) -> str | None:
    """The client secret, in clear. Raises UnknownKey, NotOpened."""
    if row.secret is None or row.secret_key is None:
        return None
    return privacy.open_secret(
        work.ring, _bound(work.tenant_id, row.code), row.secret, row.secret_key
    ).decode()


def subject_sha256(issuer: str, subject: str) -> bytes:
    """What is kept of a subject: enough to know it again."""
    return hashlib.sha256(f"{issuer}\n{subject}".encode()).digest()


def is_whole(issuer: str) -> bool:
    """An issuer is an https address without query and fragment; http on this very machine alone."""
    try:
        parts = urlsplit(issuer)
        _ = parts.port
    except ValueError:
        return False
    if not issuer.isascii() or parts.query or parts.fragment or parts.username or not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


async def _check(work: Work, wanted: NewProvider) -> None:
    wrong: list[FieldProblem] = []
    if not is_whole(wanted.issuer):
        told_as: dict[str, str | int] = {"expected": "https://id.example.com"}
        wrong.append(FieldProblem(pointer="/issuer", code="pattern", params=told_as))
    if "openid" not in wanted.scopes:
        wrong.append(FieldProblem(pointer="/scopes", code="choice", params={"choices": "openid …"}))
    known = {role.code for role in await work.rows(queries.roles, Role)}
    claimed = wanted.role_claim.roles if wanted.role_claim else {}
    named = {code for codes in claimed.values() for code in codes}
    wrong += [FieldProblem(pointer="/role_claim/roles", code="not_found") for _ in sorted(named - known)[:1]]
    if wrong:
        raise Invalid(fields=wrong)


def _bound(tenant_id: UUID, code: str) -> bytes:
    return b"identity-provider" + tenant_id.bytes + code.encode()
