"""The invariants of tickets, checked on demand: what must never be, and what to do if it is."""

from uuid import UUID

import msgspec

from bihuan import privacy
from bihuan.core.desk import Desk
from bihuan.tickets.jobs import missing_files
from bihuan.tickets.visible import queries


class Symptom(msgspec.Struct, frozen=True, kw_only=True):
    """Something that must never be, on a ticket (number) or file (id), and what to do."""

    where: str
    what: str
    zh: str
    en: str


class _Half(msgspec.Struct, frozen=True, kw_only=True):
    number: str
    no_event: bool
    no_message: bool
    no_head: bool
    head_differs: bool
    clocks_wrong: bool


_TEXTS = {
    "no_event": (
        "缺少首个事件，请运行 `bihuan evidence verify`",
        "its first event is gone: run `bihuan evidence verify`",
    ),
    "no_message": ("缺少首条消息，请从备份核对", "its first message is gone: compare with a backup"),
    "no_head": (
        "事件链头不存在，请运行 `bihuan evidence verify`",
        "its chain has no head: run `bihuan evidence verify`",
    ),
    "head_differs": (
        "版本与链头不一致，请运行 `bihuan evidence verify`",
        "version and chain head differ: run `bihuan evidence verify`",
    ),
    "clocks_wrong": (
        "缺少受理时启动的时钟，请从备份核对",
        "a clock it was opened with is gone: compare with a backup",
    ),
    "key_lost": (
        "数据主体的密钥既不在密钥文件中，也没有删除记录，请从备份恢复密钥文件",
        "the key of this data subject is neither in the key file nor marked as destroyed: restore the key file from a backup",
    ),
    "file_missing": (
        "附件文件不在磁盘上，请从备份恢复",
        "the attachment's file is not on disk: restore it from a backup",
    ),
}


async def symptoms(desk: Desk, tenant_id: UUID, *, most: int = 100) -> list[Symptom]:
    """Everything wrong with a tenant's tickets; empty when all is well."""
    async with desk.database.work(tenant_id) as work:
        rows = await work.rows(queries.half_made, _Half, most=most)
    lost = await privacy.key_sweep.lost_keys(desk, tenant_id)
    found = [_symptom(row.number, what) for row in rows for what in _TEXTS if getattr(row, what, False)]
    found += [_symptom(str(id_), "key_lost") for id_ in lost[:most]]
    return found + [_symptom(str(id_), "file_missing") for id_ in await missing_files(desk, tenant_id)]


def _symptom(where: str, what: str) -> Symptom:
    zh, en = _TEXTS[what]
    return Symptom(where=where, what=what, zh=zh, en=en)
