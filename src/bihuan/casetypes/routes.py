"""Case types over HTTP."""

from typing import Any

import msgspec

from bihuan import casetypes
from bihuan.casetypes import store
from bihuan.casetypes.store import CASE_TYPE_READ
from bihuan.core.http import Call, operation
from bihuan.core.problems import NotFound


class CaseTypeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A case type in the list."""

    code: str
    version: int
    title: str
    help: str
    kind: str
    department: str


class CaseTypeView(msgspec.Struct, frozen=True, kw_only=True):
    """A case type: the form's schema, and a worked example which POST /tickets takes as it is."""

    code: str
    version: int
    title: str
    help: str
    schema: dict[str, Any]
    example: dict[str, Any]


@operation(
    "GET", "/case-types", zh="业务类型", en="Case types", permission=CASE_TYPE_READ, gives=list[CaseTypeRow]
)
async def get_case_types(call: Call) -> list[CaseTypeRow]:
    """The case types that new tickets may have."""
    loaded = await store.current(call.work)
    return [
        CaseTypeRow(
            code=code,
            version=one.version,
            title=one.case_type.title.of(call.language),
            help=one.case_type.help.of(call.language),
            kind=one.case_type.kind,
            department=one.case_type.department,
        )
        for code, one in store.in_order(loaded)
    ]


@operation(
    "GET",
    "/case-types/{code}",
    zh="业务类型表单",
    en="A case type's form",
    permission=CASE_TYPE_READ,
    gives=CaseTypeView,
)
async def get_case_type(call: Call) -> CaseTypeView:
    """One case type in the caller's language."""
    loaded = (await store.current(call.work)).get(call.path["code"])
    if loaded is None:
        raise NotFound
    return CaseTypeView(
        code=call.path["code"],
        version=loaded.version,
        title=loaded.case_type.title.of(call.language),
        help=loaded.case_type.help.of(call.language),
        schema=casetypes.form_schema(loaded.case_type, call.language),
        example=casetypes.example(loaded.case_type, call.language),
    )
