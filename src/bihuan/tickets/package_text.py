"""What an evidence package says in words beside the events: how to check it, and the head of its timeline."""

from bihuan.core.problems import Language
from bihuan.sla import Clock
from bihuan.tickets.package_model import Gathered
from bihuan.tickets.package_words import Speaker

README = """\
闭环（Bihuan）工单证据包
========================
本包由工单系统导出。已按规则识别并遮盖个人信息；自由文本中未能识别的（如姓名）可能保留，请按含个人信息的文件保管。
任何人都可离线核对，无需本系统：

    python3 verify_evidence.py 本包.zip --key 公钥指纹 --ticket 工单编号

- verify_evidence.py 是一个独立文件（Python 3.9 及以上，不联网、不安装任何东西）。请向机构或从产品发布处另行取得：
  放在包里的校验程序什么也证明不了，所以本包不含它。
- 公钥指纹请通过另一途径（机构网站、函件）取得；不给出时只能核对包内是否自洽。
- 返回 0 表示全部相符，1 表示有改动并逐条指出文件与位置，2 表示无法核对。
- 本包证明到最后一次封存为止的状态，不证明它是最新的一份：更早导出的包同样全部相符。校验程序会列出工单编号、导出时间、
  最后一个事件与最后一次封存。要最新状态，请向机构按工单编号重新索取，并比对导出时间与事件编号。

文件
  manifest.json      每个文件的大小与 SHA-256；由 signature.json 签名（Ed25519）
  events.jsonl       每个事件的正文、哈希与前一哈希：hash = SHA-256(prev ‖ body)
  messages.jsonl     每条文字（已按规则遮盖）及其随机数：事件里的 commit = HMAC-SHA-256(nonce, body)；已删除的只余承诺值
  attachments.jsonl  每个附件；attachments/ 内缺省为已按规则去除个人信息的副本，原件以 SHA-256(nonce ‖ 内容) 核对
  ticket.json        工单当前内容；columns 的摘要等于最后一个事件的 state
  clocks.json        各时限及其逐段说明；rows 的摘要等于事件中最近一次所述
  proof.json         从链头到已签名的默克尔根的路径、其后的封存，以及时间戳（如有）
  timeline.*.pdf     供人阅读的时间线

Evidence package of a ticket
============================
Taken from the desk. Personal data is masked where rules recognise it; what they do not recognise in free text, such as a
name, may remain: keep it as a file with personal data. Anybody can check it offline, without the desk:

    python3 verify_evidence.py THIS.zip --key FINGERPRINT --ticket NUMBER

- verify_evidence.py is one file (Python 3.9 or newer, no network, nothing to install). Take it from the institution or from
  the product's release: a verifier inside what it verifies proves nothing, so it is not in here.
- Take the fingerprint of the institution's key by another way; without it only the agreement of the package with itself
  can be checked.
- It returns 0 where all holds, 1 where something was changed, naming file and place, 2 where it cannot be checked.
- A package proves the state up to its last seal, not that it is the newest: one taken out earlier holds as well. The
  verifier tells the ticket's number, when the package was taken out, its last event and its last seal. For the newest ask
  the institution for another by the ticket's number, and compare when it was taken out and its last event.

Files
  manifest.json      size and SHA-256 of every file; signed by signature.json (Ed25519)
  events.jsonl       body, hash and former hash of every event: hash = SHA-256(prev ‖ body)
  messages.jsonl     every text, masked by rule, with its nonce: the event's commit = HMAC-SHA-256(nonce, body); of an erased one
                     only the commitment is left
  attachments.jsonl  every file; in attachments/ copies with personal data removed by rule, or the originals: SHA-256(nonce ‖ bytes)
  ticket.json        the ticket as it stands; the digest of columns is the last event's state
  clocks.json        every limit, with why it is due when it is; the digests of rows are what events told last
  proof.json         the path from the chain's head to the signed Merkle root, the seals after it, a time stamp if there is
  timeline.*.pdf     the timeline for people
"""


def facts(found: Gathered, speaker: Speaker, language: Language) -> list[tuple[str, str]]:
    """The head of a timeline: label and value."""
    told, zh = found.told[language], language == "zh"
    ticket = found.ticket
    rows = [
        ("机构", "Institution", found.desk),
        ("工单", "Ticket", f"{ticket.number} · {ticket.title}"),
        ("业务类型", "Case type", told.case_type),
        ("状态", "State", told.state),
        ("客户", "Customer", _customer(found)),
        ("提交", "Opened", speaker.moment(ticket.opened_at)),
    ]
    for clock, ledger in zip((*found.clocks,), told.ledgers, strict=False):
        rows.append(
            ("时限", "Limit", f"{ledger.title}{'：' if zh else ': '}{_standing(clock, found, speaker)}")
        )
    rows.append(("事件", "Events", str(len(found.events))))
    rows.append(("导出", "Exported", speaker.moment(found.at)))
    return [(row[0] if zh else row[1], row[2]) for row in rows]


def note(shown: int, events: int, language: Language) -> str:
    """In which zone times are, what the numbers mean, and whether more happened than is shown."""
    if language == "zh":
        more = f"此处列出前 {shown} 个事件，全部见 events.jsonl。" if shown < events else ""
        return f"时间均为北京时间（Asia/Shanghai，UTC+8）。右侧为事件编号与其哈希的前 8 位。已按规则识别并遮盖个人信息；自由文本中未能识别的（如姓名）可能保留。{more}"
    more = f" The first {shown} events are shown; all are in events.jsonl." if shown < events else ""
    return (
        "Times are Beijing time (Asia/Shanghai, UTC+8). On the right: the event's number and the first 8 digits of its hash."
        f" Personal data is masked where rules recognise it; in free text some, such as a name, may remain.{more}"
    )


_STATES = {
    "running": ("计时中，{due} 到期", "running, due {due}"),
    "paused": ("已暂停，{due} 到期", "paused, due {due}"),
    "met": ("按时完成（{done}，到期 {due}）", "met ({done}, due {due})"),
    "breached": ("超时（到期 {due}）", "breached (due {due})"),
    "cancelled": ("已取消（到期 {due}）", "called off (due {due})"),
}


def _standing(clock: Clock, found: Gathered, speaker: Speaker) -> str:
    done = speaker.moment(clock.stopped_at) if clock.stopped_at else ""
    return speaker.say(_STATES[clock.state(found.at)]).format(due=speaker.moment(clock.due_at), done=done)


def _customer(found: Gathered) -> str:
    if found.customer is None:
        return "—"
    return " · ".join(contact["mask"] for contact in found.customer.contacts) or "—"
