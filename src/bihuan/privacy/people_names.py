"""Full names in context: "姓名：…", "我叫…", "持卡人…", "…先生" behind a full name; "my name is …", "Cardholder: …". Pure, linear.

A surname with 先生 or 女士 alone ("张先生") is how a desk addresses people and stays clear, as does "Mr Smith". A full name
without any context is not found: in Chinese any two characters may be words.
"""

import re
from collections.abc import Iterator

from bihuan.privacy.beside import is_inside_a_word
from bihuan.privacy.fold import Folded
from bihuan.privacy.spans import Confidence, Hit

_COMMON = (
    "王李张張刘劉陈陳杨楊赵趙黄黃周吴吳徐孙孫胡朱高林何郭马馬罗羅梁宋郑鄭谢謝韩韓唐冯馮于董萧肖程曹袁邓鄧许許傅沈曾彭吕呂苏蘇卢盧蒋蔣蔡贾賈丁魏薛叶葉阎閻余潘杜戴夏钟鐘汪田任姜范方石姚谭譚廖邹鄒熊金陆陸"
    "郝孔白崔康毛邱秦江史顾顧侯邵孟龙龍万萬段章钱錢汤湯尹黎易常武乔喬贺賀赖賴龚龔文"
)
_RARER = "庞樊兰殷施陶洪翟安颜倪严牛温芦季俞鲁葛韦申尤毕聂丛焦向柳邢路岳齐梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫嵺苟褚廉简娄盖符奚木穆党燕郎邸冀谈姬屠连郜晏栾郁商蒙计喻揭窦迟宇敖糜鄢冷卓花仇艾蓝巩稽井练仲乐虞卞封竺冼原官衣楚佟栗匡宗台巫鞠僧桑荆谌银扬明沙薄伏岑习胥蔺云昌凤酆常皮卞平伍"
_DOUBLE = "欧阳|歐陽|司马|司馬|上官|诸葛|諸葛|尉迟|皇甫|令狐|慕容|夏侯|司徒|东方|独孤|南宫|端木|公孙|轩辕|长孙|宇文|闻人|东郭|百里|呼延|澹台|申屠|太史|赫连|拓跋|完颜|西门|第五|淳于|单于"
_GIVEN = "[㐀-䶿一-鿿]"
_NAME = re.compile(
    rf"(?:(?:{_DOUBLE}){_GIVEN}{{1,2}}|[{_COMMON}{_RARER}]{_GIVEN}{{1,2}}|{_GIVEN}{{2,12}}(?:·{_GIVEN}{{1,12}}){{1,3}})"
)
_DOTTED = re.compile(rf"{_GIVEN}{{2,12}}(?:[·•]{_GIVEN}{{1,12}}){{1,3}}")
#: Two or three characters set apart to fill their field in a form ("张　三").
_APART = re.compile(
    rf"(?:{_DOUBLE}|[{_COMMON}{_RARER}]) {{1,4}}(?!先生|女士|小姐|太太|老师|经理|[男女])"
    rf"{_GIVEN}(?:(?: {{1,4}}(?![男女]))?{_GIVEN}(?!{_GIVEN})|(?!{_GIVEN}))"
)
#: What follows a name: the end of the clause, or a word that cannot belong to it.
_BORDER = re.compile(
    r"[^㐀-鿿*]|$|先生|女士|小姐|太太|老师|同志|经理|主任|电话|手机|身份|证件|卡号|账号|帐号|账户|地址|住址|性别|出生|联系|号码|尾号|关系|开户|邮箱|护照"
    r"|的|是|在|于|说|称|来电|来函|反映|表示|想|要|要求|申请|投诉|今|昨|因|已|和|与|及|或|被|有|没|把|对|向|从|到|去|我|你|您|他|她|名下|本人|持|致电|打|办|需|现|收|给|又|并|也|就|不|刚|之|这|那|请|卡|用户"
)
#: Two or three characters that begin with a surname and are words.
_WORDS = re.compile(
    "方[式便面案向法才]|申[请诉报领办购]|于[是昨今明上下本前当近某年月日此]|马上|高[级兴度端于达]|金[额融卡钱牌]|安[全排装心]|常[用常见年规]|万[一元事分能]|时[间候常段]|向[我他你您银客本]|和[我你他她它账卡密银信手]"
    "|明[确天显白细]|支[付持出行]|查[询看实收证验]|计[算划息]|成[功为立]|包[括含]|平[时台安均]|严[重格]|项[目]|程[序度]|全[部国额款程]|解[决释除冻绑]|应[该当付还]|单[位笔独号日身]"
    "|连[续接]|路[上由过]|管[理家]|费[用率]|容易|关[于闭联系]|利[息率]|原[因来先]|华[夏为]|强[烈制行]|白[金天]|黄[金]|双[方]|元|年|海[外关]|江苏|江西|云[南闪端]|宁[夏波]|周[期末年边一二三四五六日天]"
    "|贵[行州方]|文[件字本书]|章程|尚[未]|花[费呗旗]|余[额下款]|何[时种处人]|任[何务意]|胡乱|许[多可久]|谢谢|董事|杜绝|苏州|范围|石[油家]|夏天|付款|顾[客虑问]|钱[包款]|武汉|莫名|田|康复|常务"
    "|易[宝]|沈阳|台[湾州]|商[户家务城]|保[险证安障存密全]|银[行联]|水[平电果]|官[方网]|来[电说信自源]|明细|连带|车[牌辆险主]|房[贷产屋]|简[单称]|盖[章]|都|游[客戏]|位|充|习惯|古|谈[话判]|封[号锁卡]|冷[静冻]|温馨|党|段[时]"
    "|曾[经]|毛[病利]|边|祝|冻|尤其|欧元|施[工]|桂林|柳州|阳[光]|辛苦|左右|井|衣|计费|蓝[色]|景|都[是有没]|姓[名]|名[称下字]|信[息用]|号[码]|手机|电话|本人|要求|投诉|反映|表示|地址|姓名"
)
#: Behind some, whatever follows to the border is a name ("姓名：", see _STRONG_WORD); behind others, only what has a border.
_WORD = re.compile(
    "姓 {0,4}名|名字|户 {0,4}名|持卡人|联系人|收款人|付款人|收件人|寄件人|申请人|投诉人|借款人|担保人|委托人|代理人|经办人|法定代表人|法人|受益人|投保人|开户人"
    "|机主|户主|署名|落款|签名|我叫|名叫|他叫|她叫|叫做|本人|我是|这里是|来电人|来访人|客户|转告|转账给|转给|汇给|汇款给|打给|联系|配偶|丈夫|妻子|儿子|女儿|父亲|母亲|朋友|同事"
)
_STRONG_WORD = re.compile("姓 *名|名字|户 *名|叫|人$|签名|署名|落款|机主|户主|代表")
_LINK = re.compile(r"[ ]?(?:[:=\"'“”(（【「]|姓名|名字|名称|就?是|为|為|叫|[ ]){0,4}")
_TITLED = re.compile("先生|女士|小姐|太太")

_LATIN = r"[A-ZÀ-ÖØ-Þ][A-Za-zÀ-ÖØ-öø-ſ'’-]{1,24}"
_LATIN_NAME = re.compile(
    rf"{_LATIN}(?: [A-Z]\.?)?(?: (?:de|da|van|von|bin|al|la|del|der)){{0,2}}(?: {_LATIN}){{1,3}}"
)
_ONE_LATIN_NAME = re.compile(_LATIN)
_CAPITALS = re.compile(r"[A-Z]{2,20}(?:[ /][A-Z]{2,20}){1,3}(?![a-z])")
_WORD_EN = re.compile(
    r"(?:my (?:full |legal |real )?name(?:'s| is)|name[ ]?[:=]|name on (?:the )?card(?: is|[:.=])|(?:cardholder|card holder|account holder|holder|beneficiary|payee|payer|recipient|applicant|complainant|customer|guarantor)"
    r"(?:'s)?(?: name)?(?: is|[ ]?[:=])|i am|i'm|this is|mr\.?|mrs\.?|ms\.?|miss|dr\.?|attn[:.]?|signed by|regards,|sincerely,)[ \n\"'“”,]{0,3}$"
)
#: How those end, which is quick to see.
_LEADS = (
    " is",
    ":",
    "=",
    "'s",
    " am",
    "i'm",
    "mr",
    "mr.",
    "mrs",
    "mrs.",
    "ms",
    "ms.",
    "miss",
    "dr",
    "dr.",
    "by",
    "regards",
    "cerely",
    "attn",
    "attn.",
)
_QUOTES = " \n\"'“”,"
_CAPITAL = re.compile("[A-ZÀ-ÖØ-Þ][A-Za-zÀ-ÖØ-öø-ſ]")
_BEFORE_EN = 44
#: Behind these a name is written in small letters after its capitals, and the clause ends with it.
_WEAK_EN = frozenset({"i am", "i'm", "this is"})
_END_EN = re.compile(r"[,.;!\n]|$| (?:and|from|calling|here|with|again)(?![a-z])")
_NO_NAME_EN = re.compile(
    r"(?:The|This|That|A|An|My|Your|Our|I|Not|Very|So|Too|Just|Really|Still|Now|Here|Sorry|Unable|Sure|No|Please|And|But|Or|Is|Was|On|In|At|To|For|Bank|Card|Credit|Debit|Customer|Service|Support|First|Last|Full|Team|Sir|Madam|Account|Visa|Master|MasterCard|"
    r"Union|UnionPay|American|Street|Road|Inc|Ltd|Limited|LLC|Company|Corp|Loan|Capital|Wells|Chase|Citi|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|January|February|March|April|May|June|July|"
    r"August|September|October|November|December|XX+|N/A)(?![A-Za-z])"
)


def find_people_names(folded: Folded) -> Iterator[Hit]:
    """Every full name that its context gives away."""
    if not folded.text.isascii():
        yield from _beside_words(folded.text)
        yield from _before_titles(folded.text)
    yield from _latin(folded)


def _beside_words(text: str) -> Iterator[Hit]:
    for word in _WORD.finditer(text):
        link = _LINK.match(text, word.end())
        at = link.end() if link else word.end()
        is_told = any(c in text[word.end() : at] for c in ":=是为為叫") or word[0].endswith("叫")
        is_strong = is_told and _STRONG_WORD.search(word[0]) is not None
        apart = _APART.match(text, at) if is_strong else None
        end = apart.end() if apart else _name_end(text, at, forced=is_strong)
        if end is not None:
            confidence: Confidence = "certain" if is_told else "likely"
            yield Hit(at, end, "person_name", text[at:end].replace(" ", ""), confidence)


def _name_end(text: str, at: int, *, forced: bool) -> int | None:
    """Where the name ends that begins at `at`: at a border; else, if a name must stand here, after three characters."""
    if dotted := _DOTTED.match(text, at):
        return dotted.end()
    if _WORDS.match(text, at):
        return None
    found = _NAME.match(text, at)
    if found is None:
        return None
    double = re.match(_DOUBLE, found[0]) is not None
    # "欧阳" alone is a double surname, or 欧 with the given name 阳.
    ends = [at + n for n in ((4, 3) if double else (3, 2)) if at + n <= found.end()] or [found.end()]
    for end in ends:
        # A border word inside the name ("张三的") is seen with the shorter one.
        if _BORDER.match(text, end) and not _BORDER.match(text, end - 1):
            return end
    for end in ends:
        if _BORDER.match(text, end):
            return end
    return ends[0] if forced and text[ends[0] : ends[0] + 1] != "*" else None


def _before_titles(text: str) -> Iterator[Hit]:
    """Surname and given name before a title; the longest that begins with a surname."""
    for title in _TITLED.finditer(text):
        for length in (4, 3, 2):
            start = title.start() - length
            if start < 0:
                continue
            name = text[start : title.start()]
            is_double = re.match(_DOUBLE, name) is not None
            if length == (4 if is_double else length) and _NAME.fullmatch(name) and _is_titled(name):
                yield Hit(start, title.start(), "person_name", name, "likely")
                break


def _is_titled(name: str) -> bool:
    """Whether a full name, not a word that ends in a surname ("请问张先生"), stands before a title."""
    is_common = name[0] in _COMMON or re.match(_DOUBLE, name) is not None
    ends_in_surname = len(name) == 2 and name[1] in _COMMON
    return is_common and len(name) <= 4 and not _WORDS.match(name) and not ends_in_surname


def _latin(folded: Folded) -> Iterator[Hit]:
    """Capitals are rare and words are not, so it goes from a capital back to the word before it."""
    text, written = folded.text, folded.shown
    for capital in _CAPITAL.finditer(written):
        at = capital.start()
        if not text[max(0, at - 12) : at].rstrip(_QUOTES).endswith(_LEADS):
            continue
        word = _WORD_EN.search(text, max(0, at - _BEFORE_EN), at)
        if word is None or is_inside_a_word(text, word.start()):
            continue
        named = word[0].rstrip(_QUOTES)
        if len(named) == len(word[0]) and named[-1].isalpha():
            continue
        length = _latin_length(written[at : at + 80], named)
        if length:
            yield Hit(at, at + length, "person_name", "", "certain" if "name" in named else "likely")


def _latin_length(written: str, word: str) -> int:
    """How long the name is that `written` begins with: two parts or more, or one if the word asks for a name."""
    if _NO_NAME_EN.match(written):
        return 0
    is_weak = word in _WEAK_EN
    found = _LATIN_NAME.match(written) if is_weak else _CAPITALS.match(written) or _LATIN_NAME.match(written)
    if found is None and "my" in word and "name" in word:
        found = _ONE_LATIN_NAME.match(written)
    if found is None or (is_weak and (found[0].isupper() or not _END_EN.match(written, found.end()))):
        return 0
    parts = re.split("[ /]", found[0])
    return 0 if any(_NO_NAME_EN.fullmatch(part) for part in parts) else len(found[0])
