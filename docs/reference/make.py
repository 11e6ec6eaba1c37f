"""Writes the reference pages that the code itself knows: commands, settings, operations, problems.

    .venv/bin/python docs/reference/make.py [--check]

`--check` writes nothing and exits 1 where a page is not what the code says.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

import bihuan.app
from bihuan.cli.main import main
from bihuan.core.http import operations
from bihuan.core.permissions import catalogue
from bihuan.core.problems import FIELD_TEXTS, Problem
from bihuan.core.settings import reference

HERE = Path(__file__).parent
MADE = "Made by `docs/reference/make.py`; do not edit.\n"
assert bihuan.app  # importing it declares every operation, permission and problem


def commands() -> str:
    """Every command with its help, as a terminal of 100 columns shows it."""
    parts = [f"# Commands\n\n{MADE}", _INTRODUCTION]
    for path, command in _walk(["bihuan"], main):
        context = click.Context(
            command,
            info_name=" ".join(path),
            terminal_width=100,
            max_content_width=100,
            help_option_names=["-h", "--help"],
        )
        parts.append(f"{'#' * (len(path) + 1)} {' '.join(path)}\n\n```\n{command.get_help(context)}\n```\n")
    return "\n".join(parts)


_INTRODUCTION = """\
Standard output holds what a command was asked for; sentences for people go to standard error, in English where the
locale (`LC_ALL`, `LC_MESSAGES`, `LANG`) begins with `en`, else in Chinese. Exit codes: 0 done; 1 refused, or something
was found (`evidence verify`, `doctor`, `packs check`, `packs diff`, `db status`); 2 wrong usage or setting. `import` has its own, below. A command
that needs the database starts the embedded one, and stops it again if it was not running.
"""


def _walk(path: list[str], command: click.Command) -> Iterator[tuple[list[str], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        asked = click.Context(command)
        for name in sorted(command.list_commands(asked)):
            if (below := command.get_command(asked, name)) is not None:
                yield from _walk([*path, name], below)


def settings() -> str:
    """The table of settings."""
    return reference()


def api() -> str:
    """Operations and permissions."""
    rows = "".join(
        f"| `{o.method}` | `/api/v1{o.path}` | {o.en} | {o.zh} | {f'`{o.permission}`' if o.permission else ''}"
        f" | {'yes' if o.sends else ''} | {o.status} |\n"
        for o in operations()
    )
    rights = "".join(f"| `{p.code}` | {p.en} | {p.zh} |\n" for p in catalogue())
    return f"""# Operations and permissions

{MADE}
Bodies and answers are in the OpenAPI document: `GET /api/openapi.json`, or `bihuan openapi`. *Key*: takes an
`Idempotency-Key`. Without a permission: everybody who is signed in (`POST /session`: anybody).

| method | path | what it does | 作用 | permission | key | status |
|---|---|---|---|---|---|---|
{rows}
## Permissions

Which role holds which at first: `src/bihuan/identity/roles.yaml`.

| code | what it allows | 作用 |
|---|---|---|
{rights}"""


def problems() -> str:
    """Every problem and every field code."""
    rows = "".join(
        f"| `{p.__name__}` | {p.status} | {_one_line(p.__doc__)} | {p.zh} | `{p.__module__.removeprefix('bihuan.')}` |\n"
        for p in sorted(_below(Problem), key=lambda p: p.__name__)
    )
    codes = "".join(f"| `{code}` | {en} | {zh} |\n" for code, (zh, en) in FIELD_TEXTS.items())
    return f"""# Problems

{MADE}
An error's `title` is one of these names; its `detail` is the sentence in the caller's language, `{{…}}` filled in.
Commands print the same name and sentence.

| name | status | English | 中文 | declared in |
|---|---|---|---|---|
{rows}
## Codes of fields

What stands as `code` beside a `pointer` in `errors`.

| code | English | 中文 |
|---|---|---|
{codes}"""


def _below(kind: type[Problem]) -> Iterator[type[Problem]]:
    for found in kind.__subclasses__():
        if found.__module__.startswith("bihuan."):
            yield found
        yield from _below(found)


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())


PAGES = {"cli.md": commands, "settings.md": settings, "operations.md": api, "problems.md": problems}


def write(*, check: bool) -> int:
    """Write the pages, or name those that differ. Returns the exit code."""
    differ = [
        name
        for name, page in PAGES.items()
        if not (HERE / name).exists() or (HERE / name).read_text(encoding="utf-8") != page()
    ]
    for name in differ:
        print(f"{name}: {'not what the code says; run docs/reference/make.py' if check else 'written'}")
        if not check:
            (HERE / name).write_text(PAGES[name](), encoding="utf-8")
    return 1 if check and differ else 0


if __name__ == "__main__":
    sys.exit(write(check="--check" in sys.argv[1:]))
