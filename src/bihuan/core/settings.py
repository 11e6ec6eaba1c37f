"""Every setting as one typed value: environment variables `BIHUAN_*`, nothing else. Their table is settings_table.

An unknown name is refused with the nearest one; a secret may come from a file by its `*_FILE` twin. Values are read
once and never change afterwards.
"""

import difflib
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from bihuan.core.problems import Problem
from bihuan.core.settings_table import FORMS, TABLE, Setting

__all__ = ["TABLE", "BadSetting", "Setting", "Settings", "UnknownSetting", "effective", "load", "reference"]


class UnknownSetting(Problem):
    """{name} is not a setting; did you mean {nearest}? `bihuan settings` lists them all."""

    zh = "没有 {name} 这个设置，是否想写 {nearest}？用 `bihuan settings` 查看全部设置。"


class BadSetting(Problem):
    """{name}: {reason}"""

    zh = "设置 {name} 不正确：{reason}"


_BY_NAME = {s.name: s for s in TABLE}
_SECRET_FILES = {f"{s.name}_FILE": s for s in TABLE if s.secret}


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The effective values. Attributes are the variables' names without the prefix, in lower case."""

    data: str
    keys: str
    subject_keys: str
    key_backups_days: int
    database_url: str
    database_admin_url: str
    verification_minutes: int
    contact_change_level: int
    pool: int
    statement_timeout_ms: int
    lock_timeout_ms: int
    idle_transaction_timeout_ms: int
    host: str
    port: int
    workers: int
    trusted_proxies: str
    secure_cookies: int
    public_url: str
    session_hours: int
    session_idle_minutes: int
    token_days: int
    sign_in_tries: int
    sign_in_tries_per_address: int
    sign_in_tries_per_login: int
    password_length: int
    breached_passwords: str
    confirm_minutes: int
    console_url: str
    requests_per_minute: int
    anonymous_requests_per_minute: int
    body_seconds: int
    live_streams: int
    body_bytes: int
    attachment_bytes: int
    ticket_attachment_bytes: int
    tenant_attachment_bytes: int
    customer_bytes: int
    portal_messages: int
    portal_files: int
    portal_tickets: int
    nudge_hours: int
    nudge_per_day: int
    quiet_hours: str
    smtp_url: str
    mail_from: str
    sms_url: str
    sms_key: str
    robot_hosts: str
    outbound_allow: str
    ca_file: str
    unmask_minutes: int
    unmask_day: int
    search_day: int
    unmask_confirm: int
    access_days: int
    siem_url: str
    clamd: str
    infected: str
    ocr: str
    file_seconds: int
    file_memory_mb: int
    file_pages: int
    packs: str
    log_level: str
    log_pretty: int
    seal_seconds: int
    tsa_url: str
    tsa_ca: str
    tsa_minutes: int
    stop_seconds: int

    @property
    def data_folder(self) -> Path:
        """The data folder, absolute."""
        return Path(self.data).expanduser().absolute()

    @property
    def keys_file(self) -> Path:
        """The key ring's file, absolute."""
        return Path(self.keys).expanduser().absolute() if self.keys else self.data_folder / "keys.json"

    @property
    def subject_keys_file(self) -> Path:
        """The file of persons' keys, absolute."""
        if self.subject_keys:
            return Path(self.subject_keys).expanduser().absolute()
        return self.keys_file.with_name("subject-keys.db")


def load(environ: Mapping[str, str] | None = None, **overrides: str | int) -> Settings:
    """Settings from the environment; overrides (a command's options) win.

    Raises UnknownSetting, BadSetting.
    """
    given = _given(os.environ if environ is None else environ)
    values: dict[str, str | int] = {}
    for setting in TABLE:
        key = setting.name.removeprefix("BIHUAN_").lower()
        override = overrides.get(key)
        values[key] = _typed(
            setting, str(override) if override is not None else given.get(setting.name, setting.default)
        )
    return msgspec.convert(values, Settings)


def effective(settings: Settings) -> list[tuple[Setting, str]]:
    """Each setting with its value as text; secrets masked."""
    rows: list[tuple[Setting, str]] = []
    for setting in TABLE:
        value = str(getattr(settings, setting.name.removeprefix("BIHUAN_").lower()))
        rows.append((setting, "••••••" if setting.secret and value else value))
    return rows


def reference() -> str:
    """The table as Markdown: docs/reference/settings.md."""
    rows = [f"| `{s.name}` | `{s.default}` | {s.zh} | {s.en} |" for s in TABLE]
    return "\n".join(
        [
            "# 设置 · Settings",
            "",
            "环境变量，别无其他；标 `*_FILE` 的孪生名从文件读取秘密。Environment variables and nothing else; a secret may",
            f"come from a file by its twin: {', '.join(f'`{name}`' for name in _SECRET_FILES)}.",
            "",
            "| 变量 · variable | 缺省 · default | 作用 | what it does |",
            "|---|---|---|---|",
            *(row.replace("``", "") for row in rows),
            "",
        ]
    )


def _given(environ: Mapping[str, str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for name, value in environ.items():
        if not name.startswith("BIHUAN_"):
            continue
        if name in _BY_NAME:
            given[name] = value
        elif name in _SECRET_FILES and _SECRET_FILES[name].name in environ:
            raise BadSetting(name=name, reason=f"give this or {_SECRET_FILES[name].name}, not both")
        elif name in _SECRET_FILES:
            given[_SECRET_FILES[name].name] = _read_secret(name, value)
        else:
            nearest = difflib.get_close_matches(name, [*_BY_NAME, *_SECRET_FILES], n=1, cutoff=0.0)
            raise UnknownSetting(name=name, nearest=nearest[0])
    return given


def _read_secret(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(name=name, reason=f"cannot read the file: {type(error).__name__}") from error


def _typed(setting: Setting, text: str) -> str | int:
    form = FORMS.get(setting.name)
    if form is not None and text and not form[0].fullmatch(text):
        raise BadSetting(name=setting.name, reason=form[1])
    if setting.kind is str:
        return text
    try:
        value = int(text)
    except ValueError as error:
        raise BadSetting(name=setting.name, reason="must be a whole number") from error
    if setting.least is not None and value < setting.least:
        raise BadSetting(name=setting.name, reason=f"must be at least {setting.least}")
    return value
