"""Reply templates: Markdown with `{{placeholders}}` from a closed list, in both languages."""

import re
from collections.abc import Mapping
from pathlib import Path

from bihuan.casetypes.findings import Findings
from bihuan.casetypes.model import Template, Text
from bihuan.casetypes.source import load_text
from bihuan.casetypes.texts import LANGUAGES, Texts
from bihuan.core.problems import Language

#: Beside these, `fields.<code>` of the case's own fields (whoever renders shows protected values masked).
PLACEHOLDERS = (
    "ticket.number",
    "ticket.title",
    "ticket.opened_at",
    "ticket.due_at",
    "ticket.status",
    "ticket.missing",
    "ticket.link",
    "customer.title",
    "agent.name",
    "team.name",
    "desk.name",
    "desk.hotline",
)
_MARK = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_FILE = re.compile(r"([a-z][a-z0-9_]{0,39})\.(zh|en)\.md")


def render(template: Template, language: Language, values: Mapping[str, str]) -> str:
    """The reply's text; KeyError names the placeholder without a value."""
    return _MARK.sub(lambda mark: values[mark[1]], template.body.of(language))


def read_templates(folder: Path, fields: list[str], texts: Texts, found: Findings) -> tuple[Template, ...]:
    """Every `<name>.zh.md` with its `<name>.en.md`."""
    names: dict[str, None] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        match = _FILE.fullmatch(path.name)
        if match:
            names[match[1]] = None
        else:
            found.beside(str(path)).add_choice(
                1, "file_extra", ("<name>.zh.md", "<name>.en.md"), name=path.name
            )
    return tuple(_template(folder, name, fields, texts, found) for name in names)


def _template(folder: Path, name: str, fields: list[str], texts: Texts, found: Findings) -> Template:
    allowed = (*PLACEHOLDERS, *(f"fields.{code}" for code in fields))
    bodies, used = dict[Language, str](), dict[Language, set[str]]()
    for language in LANGUAGES:
        here = found.beside(str(folder / f"{name}.{language}.md"))
        bodies[language] = (load_text(folder / f"{name}.{language}.md", here) or "").strip()
        used[language] = _check_marks(bodies[language], allowed, here)
    if all(bodies.values()) and used["zh"] != used["en"]:
        here = found.beside(str(folder / f"{name}.en.md"))
        here.add(1, "placeholders_differ", name=", ".join(sorted(used["zh"] ^ used["en"])))
    title = texts.take("templates", name)
    return Template(
        name=name,
        title=title,
        body=Text(zh=bodies["zh"], en=bodies["en"]),
        placeholders=tuple(sorted(used["zh"])),
    )


def _check_marks(body: str, allowed: tuple[str, ...], found: Findings) -> set[str]:
    used: set[str] = set()
    for number, line in enumerate(body.splitlines(), start=1):
        for mark in _MARK.finditer(line):
            used.add(mark[1])
            if mark[1] not in allowed:
                found.add_choice(number, "placeholder", allowed, name=mark[1])
        if "{{" in _MARK.sub("", line) or "}}" in _MARK.sub("", line):
            found.add_choice(number, "placeholder", allowed, name="{{")
    return used
