"""Recovery codes: ten on paper, each opens once. 80 random bits need no slow hash."""

import hashlib
import secrets
from uuid import UUID

import msgspec

from bihuan.core import clock
from bihuan.core.db import Work
from bihuan.identity.rights import queries

COUNT = 10
#: Crockford's: nothing that looks like something else.
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
_LENGTH = 16
_READ = str.maketrans({"o": "0", "i": "1", "l": "1", "-": "", " ": ""})


class _Number(msgspec.Struct, frozen=True, kw_only=True):
    number: int


async def make(work: Work, staff_id: UUID) -> list[str]:
    """Ten new codes in place of all former ones; shown this once, in groups of four."""
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)) for _ in range(COUNT)]
    await work.run(queries.drop_recovery_codes, staff_id=staff_id)
    for number, code in enumerate(codes, 1):
        await work.run(
            queries.add_recovery_code,
            staff_id=staff_id,
            number=number,
            code_sha256=_hash(work.tenant_id, staff_id, code),
            at=clock.now(),
        )
    return ["-".join(code[n : n + 4] for n in range(0, _LENGTH, 4)) for code in codes]


async def use(work: Work, staff_id: UUID, typed: str) -> bool:
    """Use a code up, by one atomic statement. Whether it was one."""
    code_sha256 = _hash(work.tenant_id, staff_id, typed.lower().translate(_READ))
    used = await work.one(
        queries.use_recovery_code, _Number, staff_id=staff_id, code_sha256=code_sha256, at=clock.now()
    )
    return used is not None


def _hash(tenant_id: UUID, staff_id: UUID, code: str) -> bytes:
    return hashlib.sha256(tenant_id.bytes + staff_id.bytes + code.encode()).digest()
