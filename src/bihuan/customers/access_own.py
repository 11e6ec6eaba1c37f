"""What a person is told first: who they are to us, why we hold it, and last what they may ask of us."""

from bihuan import customers, privacy
from bihuan.customers.access_parts import Fact, Item, Section, Telling, Told, moment, tells
from bihuan.customers.model import Contact
from bihuan.privacy import open_value, record_classes

_KINDS: dict[str, tuple[str, str]] = {
    "name": ("姓名", "Name"),
    "mobile": ("手机号", "Mobile"),
    "email": ("电子邮箱", "E-mail"),
    "address": ("地址", "Address"),
    "id_number": ("证件号码", "Identity document"),
    "card_number": ("卡号", "Card number"),
    "account": ("账号", "Account"),
    "external_ref": ("本机构客户号", "Our customer number"),
}
_WHY = (
    (
        "我们处理以上信息，是为了确认您的身份、受理和答复您的问题、与您联系，并履行法律法规规定的投诉处理、"
        "记录保存等义务（个人信息保护法第十三条）。"
    ),
    (
        "We process this to know who asks, to handle and answer your cases, to reach you, and to do what the law demands of "
        "institutions: handling complaints and keeping records (PIPL, article 13)."
    ),
)
_SECRETS = (
    "银行卡安全码、密码、短信验证码等验证信息：我们不保存，即使您曾发送给我们，也已在收到时删除，因此不在此文件中。",
    (
        "Security codes, passwords and one-time codes: we keep none. If you ever sent us one it was destroyed on arrival, so "
        "there is none in this file."
    ),
)
_KEPT = (
    "期限自工单办结之日起计算；到期后删除其文字、号码与文件。因诉讼、检查等依法保全的除外。",
    (
        "Counted from the day a ticket is closed; then its words, numbers and files are deleted, unless they are held for a "
        "court or an inspection."
    ),
)
_RIGHTS: tuple[tuple[str, str], ...] = (
    ("查阅、复制您的个人信息（第四十五条）。", "To see and copy your data (article 45)."),
    (
        "更正、补充不准确或不完整的信息（第四十六条）。",
        "To have wrong or missing data corrected (article 46).",
    ),
    ("在法定情形下要求删除（第四十七条）。", "To have data deleted where the law says so (article 47)."),
    ("要求解释处理规则（第四十八条）。", "To have our rules of processing explained (article 48)."),
    (
        "撤回同意；撤回不影响此前的处理（第十五条）。",
        "To withdraw consent; what was done before stays lawful (article 15).",
    ),
    (
        "如被拒绝，可要求说明理由，并可依法向人民法院起诉（第五十条）。",
        "If you are refused, to be told why and to go to court (article 50).",
    ),
)


@tells(10)
async def who_they_are(telling: Telling) -> Told:
    """Identifiers and contacts, in clear."""
    person = await customers.find(telling.work, telling.actor.id)
    assert person is not None
    facts = [fact for contact in person.contacts if (fact := await _fact(telling, contact)) is not None]
    if person.uscc:
        facts.append(telling.fact("uscc", ("统一社会信用代码", "Unified social credit code"), person.uscc))
    if person.tier:
        facts.append(telling.fact("tier", ("客户等级", "Tier"), person.tier))
    if person.created_at:
        facts.append(telling.fact("since", ("首次登记", "First seen"), moment(person.created_at)))
    known = Item(title=telling.say(("登记资料", "On record")), facts=list(dict.fromkeys(facts)))
    title = telling.say(("您的身份与联系方式", "Who you are and how we reach you"))
    notes = [telling.say(_WHY), telling.say(_SECRETS)]
    return Told(sections=[Section(code="person", title=title, items=[known], notes=notes)])


@tells(50)
async def how_long(telling: Telling) -> Told:
    """How long each kind of record is kept, and on what that rests."""
    terms = await privacy.retention.terms(telling.work)
    facts = [
        Fact(
            code=code,
            label=one.title(telling.language),
            value=f"{terms[code].words(telling.language)} · {one.source(telling.language)}",
        )
        for code, one in record_classes().items()
        if one.keeps in ("ticket", "person")
    ]
    title = telling.say(("保存期限", "How long it is kept"))
    item = Item(title=telling.say(("按记录类别", "By kind of record")), facts=facts)
    section = Section(code="retention", title=title, items=[item], notes=[telling.say(_KEPT)])
    return Told(sections=[section])


@tells(90)
async def what_they_may_ask(telling: Telling) -> Told:
    """Their rights."""
    title = telling.say(("您的权利", "Your rights"))
    notes = [telling.say(right) for right in _RIGHTS]
    return Told(sections=[Section(code="rights", title=title, notes=notes)])


async def _fact(telling: Telling, contact: Contact) -> Fact | None:
    opened = await open_value(telling.work, contact.value_id)
    if opened is None:
        return None
    label = telling.say(_KINDS[contact.kind])
    if contact.contact_no:
        label = telling.say(("联系人 {n}：{label}", "Contact person {n}: {label}")).format(
            n=contact.contact_no, label=label
        )
    return Fact(code=contact.kind, label=label, value=opened.value)
