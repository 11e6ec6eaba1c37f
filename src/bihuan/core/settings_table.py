"""The table of settings: each one's variable, type, default, meaning in both languages, and what its text must look like."""

import re

import msgspec


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
        "BIHUAN_SUBJECT_KEYS",
        "",
        "The file of persons' keys, on this host's own disk, never in a backup of the database; empty: subject-keys.db beside the key ring.",
        "数据主体密钥文件，须在本机磁盘上，不得与数据库备份放在一起；留空即密钥环旁的 subject-keys.db。",
    ),
    _i(
        "BIHUAN_KEY_BACKUPS_DAYS",
        7,
        "Backups of persons' keys are deleted after this many days: so long an erased person could be brought back from one.",
        "数据主体密钥备份的保留天数，到期删除；在此期间可由备份恢复已删除者的密钥。",
        least=1,
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
    _i(
        "BIHUAN_VERIFICATION_MINUTES",
        30,
        "So many minutes a customer's verification holds: one contact.",
        "客户核身结果在一次联系中的有效时间（分钟）。",
        least=1,
    ),
    _i(
        "BIHUAN_CONTACT_CHANGE_LEVEL",
        2,
        "Level (0-3) at which a customer must be verified before a contact of theirs is ended.",
        "停用客户联系方式前须达到的核身等级（0-3）。",
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
        "BIHUAN_REQUESTS_PER_MINUTE",
        6_000,
        "Requests of one person or token in a minute; 0: no limit.",
        "同一人员或令牌每分钟的请求数；0 为不限。",
    ),
    _i(
        "BIHUAN_ANONYMOUS_REQUESTS_PER_MINUTE",
        600,
        "Requests in a minute from one address at one web process that are nobody's; 0: no limit.",
        "同一地址在单个 Web 进程上每分钟的未登录请求数；0 为不限。",
    ),
    _i(
        "BIHUAN_BODY_SECONDS",
        30,
        "Seconds within which a request's body has come; ten times as long for files.",
        "请求体须在多少秒内传完；上传文件为其十倍。",
        least=1,
    ),
    _i(
        "BIHUAN_SIGN_IN_TRIES_PER_LOGIN",
        30,
        "Failed sign-ins of one login from unknown browsers in 15 minutes before such browsers are slowed down; its owner's own are not.",
        "同一账号 15 分钟内来自陌生浏览器的失败登录达到此数后，陌生浏览器被放慢；本人常用浏览器不受影响。",
        least=1,
    ),
    _i(
        "BIHUAN_PASSWORD_LENGTH",
        12,
        "A password has at least this many characters.",
        "密码最短长度（字符）。",
        least=8,
    ),
    _s(
        "BIHUAN_BREACHED_PASSWORDS",
        "",
        "File of passwords known from leaks: lines of SHA-1 in hex, colon, count, sorted. Empty: only the desk's own list.",
        "泄露密码清单文件：每行为十六进制 SHA-1、冒号、次数，按序排列；留空则只用系统自带清单。",
    ),
    _i(
        "BIHUAN_CONFIRM_MINUTES",
        10,
        "What is sensitive asks for a password or a second factor again after this many minutes.",
        "敏感操作前，超过此分钟数须再次验证身份。",
        least=1,
    ),
    _s(
        "BIHUAN_CONSOLE_URL",
        "",
        "Where the desk's people reach it, if not at BIHUAN_PUBLIC_URL: passkeys and sign-in services are bound to it.",
        "工作人员访问本系统的地址，与 BIHUAN_PUBLIC_URL 不同时填写；通行密钥与统一登录以此为准。",
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
        secret=True,
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
        "BIHUAN_OUTBOUND_ALLOW",
        "",
        "Networks of one's own that calls to robots, sign-in providers and webhooks may reach, comma separated, e.g. 10.20.0.0/16; empty: public addresses alone.",
        "机器人、登录提供方与回调地址可以访问的内部网段，逗号分隔，如 10.20.0.0/16；留空则只访问公网地址。",
    ),
    _s(
        "BIHUAN_CA_FILE",
        "",
        "PEM file of the institution's own authorities, trusted beside the system's for mail, SMS and robots.",
        "机构自有 CA 证书（PEM），发送邮件、短信、机器人消息时与系统证书一并信任。",
    ),
    _i(
        "BIHUAN_UNMASK_MINUTES",
        5,
        "A value shown for a reason is masked again after this many minutes at most.",
        "查看明文后最长多少分钟恢复掩码。",
        least=1,
    ),
    _i(
        "BIHUAN_UNMASK_DAY",
        100,
        "Values one person may see in clear in a day, unless the tenant's own rules say otherwise.",
        "每人每天可查看明文的条数，租户可另行设定。",
        least=0,
    ),
    _i(
        "BIHUAN_SEARCH_DAY",
        200,
        "Searches by a whole card, ID or phone number one person may make in a day.",
        "每人每天可按完整卡号、证件号、手机号等查询的次数。",
        least=1,
    ),
    _i(
        "BIHUAN_UNMASK_CONFIRM",
        0,
        "1: who wants to see a value in clear proves again who they are.",
        "设为 1 时，查看明文前须再次验证身份。",
    ),
    _i(
        "BIHUAN_ACCESS_DAYS",
        7,
        "A file of a person's own data can be fetched for so many days; then it is deleted.",
        "个人信息查阅文件可下载的天数；到期即删除。",
        least=1,
    ),
    _s(
        "BIHUAN_SIEM_URL",
        "",
        "Where audit events go as syslog: tls://siem.example.com:6514, tcp:// or udp:// (which may lose some); ?ca=/path/to.pem names its authority. Empty: nowhere.",
        "审计事件以 syslog 外发的地址：tls://siem.example.com:6514，或 tcp://、udp://（可能丢失），可用 ?ca=/路径.pem 指定 CA；留空不外发。",
    ),
    _s(
        "BIHUAN_CLAMD",
        "",
        "Virus scanner (clamd), tcp://host:3310 or unix:///path: nobody has a file before it was looked at. Empty: files are not scanned.",
        "病毒扫描服务（clamd）地址，tcp://主机:3310 或 unix:///路径；设置后附件须先扫描方可下载，留空则不扫描。",
    ),
    _s(
        "BIHUAN_INFECTED",
        "destroy",
        "What becomes of malware: destroy, or seal to keep its encrypted bytes, given to nobody.",
        "染毒附件的处置：destroy 销毁，seal 保留密文但不提供下载。",
    ),
    _s(
        "BIHUAN_OCR",
        "auto",
        "auto: pictures are read where the `ocr` extra is installed; off: pictures have no copy, their originals need a reason.",
        "auto：已安装 ocr 组件时识别图片文字；off：图片不生成副本，须说明理由查看原件。",
    ),
    _i(
        "BIHUAN_FILE_SECONDS",
        120,
        "Seconds of computing one attachment may take to be read.",
        "单个附件读取的最长计算时间（秒）。",
        least=1,
    ),
    _i(
        "BIHUAN_FILE_MEMORY_MB",
        2048,
        "Memory one attachment may take to be read, megabytes.",
        "单个附件读取的内存上限（MB）。",
        least=256,
    ),
    _i(
        "BIHUAN_FILE_PAGES",
        60,
        "Pages of one attachment that are read; a longer one has no copy.",
        "单个附件读取的最多页数，超出则不生成副本。",
        least=1,
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
    _s(
        "BIHUAN_TSA_URL",
        "",
        "A time-stamp authority (RFC 3161) that dates the seals, e.g. https://tsa.example.com/; empty: none.",
        "为封存加盖时间的时间戳机构地址（RFC 3161），如 https://tsa.example.com/；留空则不加盖。",
    ),
    _s(
        "BIHUAN_TSA_CA",
        "",
        "PEM file of the authority's certificates, its root among them: stamps are verified by it.",
        "时间戳机构的证书（PEM，含其根证书），用于核验时间戳。",
    ),
    _i(
        "BIHUAN_TSA_MINUTES",
        10,
        "Minutes between time stamps: later seals wait for the next.",
        "两次加盖时间戳之间的分钟数，其间的封存由下一次覆盖。",
        least=1,
    ),
    _i(
        "BIHUAN_STOP_SECONDS",
        20,
        "Seconds a stopping server waits for requests and batches to finish.",
        "停止时等待请求与批次完成的秒数。",
        least=1,
    ),
)
_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])"
#: A port that exists: up to 65,535.
_PORT = r"(?::(?:[0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?"
#: Scheme, host, port: nothing that could lead a link elsewhere.
_ORIGIN = re.compile(rf"https?://{_HOST}{_PORT}/?")
#: What a text must look like where it is given, and how that is said.
FORMS: dict[str, tuple[re.Pattern[str], str]] = {
    "BIHUAN_CLAMD": (
        re.compile(rf"tcp://{_HOST}{_PORT}|unix:///[!-~]+"),
        "must look like tcp://127.0.0.1:3310 or unix:///run/clamav/clamd.ctl",
    ),
    "BIHUAN_INFECTED": (re.compile("destroy|seal"), "must be destroy or seal"),
    "BIHUAN_OCR": (re.compile("auto|off"), "must be auto or off"),
    "BIHUAN_PUBLIC_URL": (_ORIGIN, "must look like https://help.example.com"),
    "BIHUAN_CONSOLE_URL": (_ORIGIN, "must look like https://desk.example.com"),
    # A password crosses no network in clear: by smtp:// it may go to this host alone.
    "BIHUAN_SMTP_URL": (
        re.compile(
            rf"(?:(?:smtps|smtp\+starttls)://(?:[^@/\s]+@)?{_HOST}"
            rf"|smtp://(?:{_HOST}|[^@/\s]+@(?:localhost|127\.0\.0\.1|\[::1\]))){_PORT}/?"
        ),
        "must look like smtps://user:password@mail.example.com:465; smtp:// takes no password",
    ),
    "BIHUAN_SIEM_URL": (
        re.compile(rf"(?:udp|tcp|tls)://{_HOST}{_PORT}(?:\?ca=[!-~]+)?"),
        "must look like tls://siem.example.com:6514",
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
        re.compile(rf"(?:https://{_HOST}|http://(?:localhost|127\.0\.0\.1|\[::1\])){_PORT}(?:/[!-~]*)?"),
        "must look like https://sms.example.com/send",
    ),
    "BIHUAN_TSA_URL": (
        re.compile(rf"https?://{_HOST}{_PORT}(?:/[!-~]*)?"),
        "must look like https://tsa.example.com/",
    ),
    "BIHUAN_SMS_KEY": (re.compile(r".{16,}"), "must have at least 16 characters"),
    "BIHUAN_ROBOT_HOSTS": (
        re.compile(rf"(?:\s*(?:https?://)?{_HOST}{_PORT}\s*(?:,|$))*"),
        "must be hosts or origins, comma separated",
    ),
}
