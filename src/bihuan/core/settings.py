"""Every setting in one typed table: environment variables `BIHUAN_*`, nothing else.

An unknown name is refused with the nearest one; a secret may come from a file by its `*_FILE` twin. Values are read
once and never change afterwards.
"""

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from bihuan.core.problems import Problem


class UnknownSetting(Problem):
    """{name} is not a setting; did you mean {nearest}? `bihuan settings` lists them all."""

    zh = "没有 {name} 这个设置，是否想写 {nearest}？用 `bihuan settings` 查看全部设置。"


class BadSetting(Problem):
    """{name}: {reason}"""

    zh = "设置 {name} 不正确：{reason}"


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One setting: its variable, type, default as text, and what it does in both languages."""

    name: str
    kind: type[str] | type[int]
    default: str
    en: str
    zh: str
    secret: bool = False
    least: int | None = None


def _s(name: str, default: str, en: str, zh: str, *, secret: bool = False) -> Setting:
    return Setting(name=name, kind=str, default=default, en=en, zh=zh, secret=secret)


def _i(name: str, default: int, en: str, zh: str, *, least: int = 0) -> Setting:
    return Setting(name=name, kind=int, default=str(default), en=en, zh=zh, least=least)


TABLE: tuple[Setting, ...] = (
    _s(
        "BIHUAN_DATA",
        "var/desk",
        "Folder of keys, attachments, sealed roots and the embedded database.",
        "数据目录：密钥、附件、封存根与内置数据库。",
    ),
    _s(
        "BIHUAN_KEYS",
        "",
        "The key ring's file; empty: keys.json in the data folder.",
        "密钥环文件；留空即数据目录下的 keys.json。",
    ),
    _s(
        "BIHUAN_DATABASE_URL",
        "",
        "External PostgreSQL 16+, as the application's role; empty: the embedded server.",
        "外部 PostgreSQL 16+（应用角色）；留空使用内置数据库。",
        secret=True,
    ),
    _s(
        "BIHUAN_DATABASE_ADMIN_URL",
        "",
        "External PostgreSQL, as the owner's role, for `bihuan db migrate`.",
        "外部 PostgreSQL(属主角色),供 `bihuan db migrate` 使用。",
        secret=True,
    ),
    _i("BIHUAN_POOL", 12, "Database connections per process.", "每个进程的数据库连接数。", least=2),
    _i(
        "BIHUAN_STATEMENT_TIMEOUT_MS",
        10_000,
        "A statement is cancelled after this many milliseconds.",
        "单条语句超时（毫秒）。",
        least=1,
    ),
    _i(
        "BIHUAN_LOCK_TIMEOUT_MS",
        3_000,
        "Waiting for a lock ends after this many milliseconds.",
        "等待锁超时（毫秒）。",
        least=1,
    ),
    _i(
        "BIHUAN_IDLE_TRANSACTION_TIMEOUT_MS",
        4_000,
        "A transaction that stands idle is ended after this many milliseconds.",
        "空闲事务超时（毫秒）。",
        least=1,
    ),
    _s("BIHUAN_HOST", "127.0.0.1", "Address `serve` listens on.", "监听地址。"),
    _i("BIHUAN_PORT", 8080, "Port `serve` listens on.", "监听端口。"),
    _i(
        "BIHUAN_WORKERS", 0, "Web processes; 0: one per two processors.", "Web 进程数；0 为每两个处理器一个。"
    ),
    _s(
        "BIHUAN_TRUSTED_PROXIES",
        "",
        "Addresses or networks, comma separated, whose X-Forwarded-For is believed.",
        "受信任的代理地址或网段，逗号分隔。",
    ),
    _i(
        "BIHUAN_SECURE_COOKIES",
        0,
        "1 where the desk is reached by https: cookies get Secure and the __Host- prefix.",
        "经 https 访问时设为 1:Cookie 加 Secure 与 __Host- 前缀。",
    ),
    _s(
        "BIHUAN_PUBLIC_URL",
        "",
        "Where customers reach the desk, e.g. https://help.example.com: portal links begin with it. Empty: no links but on this host itself.",
        "客户访问本系统的地址，如 https://help.example.com，门户链接以此开头；留空则只能在本机生成链接。",
    ),
    _i("BIHUAN_SESSION_HOURS", 12, "A session ends after this many hours.", "会话最长有效小时数。", least=1),
    _i(
        "BIHUAN_SESSION_IDLE_MINUTES",
        60,
        "A session unused for this many minutes ends.",
        "会话空闲多少分钟后结束。",
        least=1,
    ),
    _i(
        "BIHUAN_TOKEN_DAYS",
        365,
        "An API token lives at most this many days.",
        "API 令牌最长有效天数。",
        least=1,
    ),
    _i(
        "BIHUAN_SIGN_IN_TRIES",
        10,
        "Failed sign-ins of one login from one address in 15 minutes before it waits.",
        "同一账号同一地址 15 分钟内允许的失败登录次数。",
        least=1,
    ),
    _i(
        "BIHUAN_SIGN_IN_TRIES_PER_ADDRESS",
        100,
        "Failed sign-ins from one address in 15 minutes before it waits.",
        "同一地址 15 分钟内允许的失败登录次数。",
        least=1,
    ),
    _i(
        "BIHUAN_LIVE_STREAMS",
        20,
        "Streams of live updates one person may hold open at one web process.",
        "同一人在单个 Web 进程上可同时打开的实时更新连接数。",
        least=1,
    ),
    _i(
        "BIHUAN_BODY_BYTES", 1_048_576, "Largest JSON body in bytes.", "JSON 请求体上限（字节）。", least=1024
    ),
    _i(
        "BIHUAN_ATTACHMENT_BYTES",
        20_971_520,
        "Largest attachment in bytes.",
        "单个附件上限（字节）。",
        least=1024,
    ),
    _i(
        "BIHUAN_TICKET_ATTACHMENT_BYTES",
        104_857_600,
        "All attachments of one ticket, bytes.",
        "单个工单附件总量上限（字节）。",
        least=1024,
    ),
    _i(
        "BIHUAN_TENANT_ATTACHMENT_BYTES",
        107_374_182_400,
        "All attachments of one tenant, bytes.",
        "单个租户附件总量上限（字节）。",
        least=1024,
    ),
    _i(
        "BIHUAN_CUSTOMER_BYTES",
        524_288_000,
        "All attachments of one customer's tickets, bytes: above it the customer sends no more files.",
        "单个客户名下工单附件总量上限（字节），超过后客户不能再上传。",
        least=1024,
    ),
    _i(
        "BIHUAN_PORTAL_MESSAGES",
        60,
        "Messages one customer may send at the portal in an hour.",
        "单个客户每小时可在门户发送的留言数。",
        least=1,
    ),
    _i(
        "BIHUAN_PORTAL_FILES",
        100,
        "Files one customer may send at the portal in a day.",
        "单个客户每天可在门户上传的文件数。",
        least=1,
    ),
    _i(
        "BIHUAN_PORTAL_TICKETS",
        20,
        "Tickets one customer may open at the portal in a day.",
        "单个客户每天可在门户提交的工单数。",
        least=1,
    ),
    _i(
        "BIHUAN_NUDGE_HOURS",
        4,
        "Hours a customer waits before they may nudge the same ticket again.",
        "客户对同一工单两次催办之间至少间隔的小时数。",
        least=1,
    ),
    _i(
        "BIHUAN_NUDGE_PER_DAY",
        3,
        "How often a customer may nudge one ticket within 24 hours.",
        "客户在 24 小时内对同一工单可催办的次数。",
        least=1,
    ),
    _s(
        "BIHUAN_QUIET_HOURS",
        "22:00-08:00",
        "Hours in Beijing time in which no SMS and no robot's message goes out; empty: none.",
        "不发短信和机器人消息的时段（北京时间）；留空则不限。",
    ),
    _s(
        "BIHUAN_SMTP_URL",
        "",
        "Mail server: smtps://user:password@host:465 (TLS at once), smtp+starttls://user:password@host:587, or smtp://host:25 without a password. Empty: no mail.",
        "邮件服务器：smtps://用户:密码@主机:465（直接 TLS）、smtp+starttls://用户:密码@主机:587，或不带密码的 smtp://主机:25；留空不发邮件。",
        secret=True,
    ),
    _s(
        "BIHUAN_MAIL_FROM",
        "",
        "Sender of the desk's mails, e.g. Bihuan <desk@example.com>.",
        "系统邮件的发件人，如 闭环 <desk@example.com>。",
    ),
    _s(
        "BIHUAN_SMS_URL",
        "",
        "The institution's SMS gateway, https; empty: no SMS.",
        "机构短信网关地址（https）；留空不发短信。",
    ),
    _s(
        "BIHUAN_SMS_KEY",
        "",
        "Key that signs what goes to the SMS gateway, at least 16 characters.",
        "调用短信网关的签名密钥，至少 16 个字符。",
        secret=True,
    ),
    _s(
        "BIHUAN_ROBOT_HOSTS",
        "oapi.dingtalk.com,open.feishu.cn,open.larksuite.com,qyapi.weixin.qq.com",
        "Hosts that robots' addresses may have, comma separated: https at a public address; a relay of one's own by its whole origin, e.g. http://10.0.0.5:8080.",
        "机器人地址允许的主机，逗号分隔：须为公网 https；自建中转写完整来源，如 http://10.0.0.5:8080。",
    ),
    _s(
        "BIHUAN_CA_FILE",
        "",
        "PEM file of the institution's own authorities, trusted beside the system's for mail, SMS and robots.",
        "机构自有 CA 证书（PEM），发送邮件、短信、机器人消息时与系统证书一并信任。",
    ),
    _s(
        "BIHUAN_PACKS",
        "",
        "Folder of case-type packs; empty: those shipped with the product.",
        "业务包目录；留空使用随产品发布的业务包。",
    ),
    _s(
        "BIHUAN_LOG_LEVEL", "info", "debug, info, warning or error.", "日志级别:debug、info、warning、error。"
    ),
    _i("BIHUAN_LOG_PRETTY", 0, "1: readable lines instead of JSON.", "1:输出便于阅读的日志而非 JSON。"),
    _i("BIHUAN_SEAL_SECONDS", 1, "Seconds between seals of the evidence.", "证据封存间隔（秒）。", least=1),
    _i(
        "BIHUAN_STOP_SECONDS",
        20,
        "Seconds a stopping server waits for requests and batches to finish.",
        "停止时等待请求与批次完成的秒数。",
        least=1,
    ),
)
#: Scheme, host, port: nothing that could lead a link elsewhere.
_ORIGIN = re.compile(
    r"https?://(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?/?"
)
_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])"
#: What a text must look like where it is given, and how that is said.
_FORMS: dict[str, tuple[re.Pattern[str], str]] = {
    "BIHUAN_PUBLIC_URL": (_ORIGIN, "must look like https://help.example.com"),
    # A password crosses no network in clear: by smtp:// it may go to this host alone.
    "BIHUAN_SMTP_URL": (
        re.compile(
            rf"(?:(?:smtps|smtp\+starttls)://(?:[^@/\s]+@)?{_HOST}"
            rf"|smtp://(?:{_HOST}|[^@/\s]+@(?:localhost|127\.0\.0\.1|\[::1\])))(?::[0-9]{{1,5}})?/?"
        ),
        "must look like smtps://user:password@mail.example.com:465; smtp:// takes no password",
    ),
    "BIHUAN_QUIET_HOURS": (
        re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]-(?:[01][0-9]|2[0-3]):[0-5][0-9]"),
        "must look like 22:00-08:00",
    ),
    "BIHUAN_MAIL_FROM": (
        re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+|[^<>@\x00-\x1f]{0,80}<[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+>"),
        "must look like Bihuan <desk@example.com>",
    ),
    "BIHUAN_SMS_URL": (
        re.compile(
            rf"(?:https://{_HOST}|http://(?:localhost|127\.0\.0\.1|\[::1\]))(?::[0-9]{{1,5}})?(?:/[!-~]*)?"
        ),
        "must look like https://sms.example.com/send",
    ),
    "BIHUAN_SMS_KEY": (re.compile(r".{16,}"), "must have at least 16 characters"),
    "BIHUAN_ROBOT_HOSTS": (
        re.compile(rf"(?:\s*(?:https?://)?{_HOST}(?::[0-9]{{1,5}})?\s*(?:,|$))*"),
        "must be hosts or origins, comma separated",
    ),
}
_BY_NAME = {s.name: s for s in TABLE}
_SECRET_FILES = {f"{s.name}_FILE": s for s in TABLE if s.secret}


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The effective values. Attributes are the variables' names without the prefix, in lower case."""

    data: str
    keys: str
    database_url: str
    database_admin_url: str
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
    ca_file: str
    packs: str
    log_level: str
    log_pretty: int
    seal_seconds: int
    stop_seconds: int

    @property
    def data_folder(self) -> Path:
        """The data folder, absolute."""
        return Path(self.data).expanduser().absolute()

    @property
    def keys_file(self) -> Path:
        """The key ring's file, absolute."""
        return Path(self.keys).expanduser().absolute() if self.keys else self.data_folder / "keys.json"


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
    form = _FORMS.get(setting.name)
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
