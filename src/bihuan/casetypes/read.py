"""Reads a pack's folder into a `CaseType`, or says everything that is wrong with it, file and line."""

from pathlib import Path

from bihuan.casetypes import wants
from bihuan.casetypes.answers import PackReading
from bihuan.casetypes.catalogue import FILE as CATALOGUE
from bihuan.casetypes.catalogue import read_catalogue
from bihuan.casetypes.examples import check_examples, read_worked
from bihuan.casetypes.findings import Findings
from bihuan.casetypes.model import KINDS, CaseType, Kind
from bihuan.casetypes.read_condition import Conditions
from bihuan.casetypes.read_fields import Reading, outline, read_elements, read_evidence, read_fields
from bihuan.casetypes.read_verification import read_verification
from bihuan.casetypes.read_work import (
    read_call_back,
    read_checklist,
    read_escalation,
    read_immediate,
    read_priority,
    read_sla,
    read_sources,
    read_stages,
)
from bihuan.casetypes.source import Node, Table, load
from bihuan.casetypes.templates import read_templates
from bihuan.casetypes.texts import Texts

CASE = "case.yaml"
_NEEDED = [
    "code",
    "kind",
    "categories",
    "department",
    "verification",
    "jrt0169",
    "sla",
    "elements",
    "fields",
    "evidence",
    "checklist",
    "stages",
    "priority",
    "call_back",
    "object",
    "sources",
]
_KEYS = (*_NEEDED, "support", "skills", "clocks", "immediate", "escalation")
_ENTRIES = (CASE, "texts.zh.yaml", "texts.en.yaml", "templates", "examples")


def read_pack(folder: Path, *, catalogue: Path | None = None) -> PackReading:
    """The pack in this folder. The catalogue is `catalogue.yaml` two folders above unless given."""
    found = Findings(str(folder / CASE))
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name not in _ENTRIES:
            found.beside(str(path)).add_choice(1, "file_extra", _ENTRIES, name=path.name)
    root = load(folder / CASE, found)
    case_type = None
    if root is not None:
        case_type = _read_case(root, folder, found, catalogue or folder.parent.parent / CATALOGUE)
    if case_type is not None and not found.problems:
        check_examples(case_type, folder / "examples", found)
    problems = tuple(sorted(found.problems, key=lambda problem: (problem.file, problem.line)))
    return PackReading(folder=str(folder), case_type=None if problems else case_type, problems=problems)


def read_packs(root: Path) -> list[PackReading]:
    """Every `<domain>/<case_type>/` below, in order of code; codes are unique and `same_as` names real
    fields.
    """
    found = (path for path in root.glob("*/*") if path.is_dir() and path.name[0] not in "._")
    folders = sorted(found, key=lambda path: path.name)
    readings = [read_pack(folder) for folder in folders]
    types = {reading.case_type.code: reading.case_type for reading in readings if reading.case_type}
    broken = {Path(reading.folder).name for reading in readings if not reading.case_type}
    return [_check_together(reading, types, broken) for reading in readings]


def _check_together(reading: PackReading, types: dict[str, CaseType], broken: set[str]) -> PackReading:
    case_type, found = reading.case_type, Findings(str(Path(reading.folder) / CASE))
    if case_type is None:
        return reading
    if types[case_type.code] is not case_type:
        found.add(1, "code_twice", name=case_type.code, other=types[case_type.code].domain)
    names = [
        f"{other.code}.{field.code}"
        for other in types.values()
        if other.code != case_type.code
        for field in other.fields
    ]
    for field in case_type.fields:
        for name in field.same_as:
            if name not in names and name.partition(".")[0] not in broken:
                found.add_choice(_line_of(Path(found.file), field.code), "same_as", names, name=name)
    if not found.problems:
        return reading
    return PackReading(folder=reading.folder, case_type=None, problems=(*reading.problems, *found.problems))


def _line_of(file: Path, code: str) -> int:
    """The line of a field's key in a case.yaml that has been read without problems."""
    tree = load(file, Findings(str(file)))
    fields = tree.get("fields") if tree else None
    pairs = fields.pairs if isinstance(fields, Table) else ()
    return next((pair.line for pair in pairs if pair.key == code), 1)


def _read_case(root: Table, folder: Path, found: Findings, catalogue: Path) -> CaseType:
    wants.table(root, found, CASE, _KEYS, needs=_NEEDED)
    texts, shared = Texts(folder, found), read_catalogue(catalogue, found)
    fields = outline(root.get("fields"), found)
    reading = Reading(
        found=found, texts=texts, catalogue=shared, conditions=Conditions(fields=fields, found=found)
    )
    evidence = read_evidence(root.get("evidence"), reading)
    checklist = read_checklist(root.get("checklist"), reading)
    default, rules = read_priority(root.get("priority"), reading)
    business, reason = _jrt0169(root.get("jrt0169"), reading)
    department, support = _departments(root, reading)
    disclose, verification = read_verification(root.get("verification"), reading)
    worked_zh, worked_en = read_worked(folder, found)
    case_type = CaseType(
        code=_code(root.get("code"), folder, found),
        domain=folder.parent.name,
        kind=_kind(root, found),
        title=texts.take("title"),
        help=texts.take("help"),
        categories=wants.words(root.get("categories"), found, "categories", list(shared.categories)),
        department=department,
        support=support,
        skills=wants.codes(root.get("skills"), found, "skills"),
        verification_level=disclose,
        verification=verification,
        jrt0169_business=business,
        jrt0169_reason=reason,
        sla=read_sla(root.get("sla"), reading),
        clocks=tuple(
            shared.clocks[id_]
            for id_ in wants.words(root.get("clocks"), found, "clocks", list(shared.clocks))
        ),
        elements=read_elements(root.get("elements"), reading),
        fields=read_fields(root.get("fields"), reading),
        evidence=evidence,
        checklist=checklist,
        stages=read_stages(
            root.get("stages"), reading, [item.code for item in evidence], [item.code for item in checklist]
        ),
        priority_default=default,
        priority_rules=rules,
        call_back=read_call_back(root.get("call_back"), reading),
        object_keys=_object_keys(root.get("object"), reading),
        immediate=read_immediate(root.get("immediate"), reading),
        escalation=read_escalation(root.get("escalation"), reading),
        templates=read_templates(folder / "templates", list(fields), texts, found),
        sources=read_sources(root.get("sources"), reading),
        worked_zh=worked_zh,
        worked_en=worked_en,
    )
    texts.finish()
    return case_type


def _code(node: Node | None, folder: Path, found: Findings) -> str:
    code = wants.text(node, found, "code")
    if node is not None and code != folder.name:
        found.add(node.line, "code_is_folder", name=folder.name)
    return code


def _kind(root: Table, found: Findings) -> Kind:
    return wants.word(root.get("kind"), found, "kind", KINDS) or "request"


def _departments(root: Table, reading: Reading) -> tuple[str, tuple[str, ...]]:
    known, found = list(reading.catalogue.departments), reading.found
    owner = wants.word(root.get("department"), found, "department", known) or ""
    return owner, wants.words(root.get("support"), found, "support", known)


def _jrt0169(node: Node | None, reading: Reading) -> tuple[str, str]:
    keys, shared, found = ("business", "reason"), reading.catalogue, reading.found
    root = wants.table(node, found, "jrt0169", keys, needs=keys)
    business = wants.word(root.get("business"), found, "jrt0169.business", list(shared.jrt0169_businesses))
    reason = wants.word(root.get("reason"), found, "jrt0169.reason", list(shared.jrt0169_reasons))
    return business or "", reason or ""


def _object_keys(node: Node | None, reading: Reading) -> tuple[tuple[str, ...], ...]:
    """Lists of fields which together name the business object, the surest first."""
    known = list(reading.conditions.fields)
    return tuple(
        wants.words(item, reading.found, "object", known)
        for item in wants.rows(node, reading.found, "object")
    )
