"""The vocabulary by which a Chinese name is known in context: surnames, words that begin like one, what names a person and
what follows a name. Data only; how it is read stands in `people_names`.
"""

import re

from bihuan.privacy.places import CITIES, PROVINCES

#: The hundred or so commonest of today, each also in traditional form.
COMMON = frozenset(
    "王李张張刘劉陈陳杨楊黄黃赵趙吴吳周徐孙孫马馬朱胡郭何林高罗羅郑鄭梁谢謝宋唐许許韩韓邓鄧冯馮曹彭曾肖田董潘袁蔡蒋蔣余"
    "于杜叶葉程魏苏蘇吕呂丁任卢盧姚沈瀋钟鐘鍾锺姜崔谭譚陆陸范汪廖石金韦韋贾賈夏付傅方邹鄒熊白孟秦邱侯江尹薛闫闻阎閻段雷龙龍黎史"
    "陶贺賀毛郝顾顧龚龔邵万萬覃武钱錢戴严嚴莫孔向常汤湯康易乔喬赖賴文萧蕭"
)
#: The rest of the four hundred commonest, and rarer ones that are seldom words.
_RARER = (
    "施洪季温溫殷庞龐章樊安兰蘭牛鲁魯倪申葛柳毕畢俞喻翟梅童聂聶凌涂塗颜顏邢庄莊辛关關骆駱祝柯尤詹岳費费纪紀伍盛靳焦祁卓舒耿阮左"
    "项項蒙欧歐鲍鮑甘冉柴苗窦竇路单單管谷包司艾裴时時瞿连連应應代解明支查计計成平强強双元海云宁甯寧贵利原华華商银官车車房简簡盖游封"
    "冷桂阳陽蓝藍习習席卫衛屈霍翁隋植景薄吉饶饒刁丘古滕晋晉苑畅宫宮苟褚廉娄婁盖符木穆党黨燕郎谈談姬屠郁揭迟遲敖糜鄢花仇巩鞏稽"
    "练練仲乐樂虞卞竺冼楚佟栗匡宗巫鞠僧桑荆荊谌諶扬伏岑胥蔺藺昌凤鳳酆皮晏冀邸郜栾欒宇嵇稽臧戚米池邬鄔奚束尚荣榮劳勞寇边邊边吾"
    "佘仝逯亓郗禤麦麥齐齊茅江沙粟満满滿缪繆占农農敬鹿满漆瞿闵閔幸勾苍厉厲郦邝鄺区區揣眭谯郄卿蒲邰鲜苻隗宓雍璩濮暨蔚戈暴冒丛叢晁"
    "俸樊芦占帅帥诸諸惠班柏阴陰覺阙闕庾祖丰豐岩随隨招储儲浦税税宿危欒庹雒訾麻锺撒咸戎由鄞秘英牟仉衡步都弓苏隆茹来勞东牧湛巢"
    "茆桓初沃乌烏焉巴冶璩宰邵郇能邹阚闞牙楼樓逄乜佴海邴相国邢逢靖卜仲窪鱼战竹盘南嘉别冻召甄辜邓侬后尧堯蹇练宛鲜尉钮鈕阿补"
    "滕茅荀郏羿缑毋蒯昝裘宣贲杭滕茅荀郏羿缑毋蒯昝裘宣贲杭滑慎简乃扈娄佀钭勞依訾喇兀矫库褟楊候肇律"
)
#: Surnames that are first of all words: only where a name must stand.
_LABELLED_ONLY = frozenset(
    "和全都来由时但能信水台位那相国后东南别召海战阿补步依乃随占咸库保银过但母年经红里国税秘战初律招储冻植阴木楼暴随厉丰惠班鹿宿危冒占幸柏度鱼乌利云官"
)
#: Surnames that are words as often: a weak context believes them only with a clear end behind the name; and those that are
#: mostly words only with three characters.
WORDY = frozenset(
    "安施申毕畢童关關左项項蒙欧歐温溫季庄莊焦盛辛舒尤祝艾费費纪紀章司包路单單管谷阮习習宫宮晋晉吉皮荣榮劳勞边邊沙农農敬诸"
)
MOSTLY_WORDS = frozenset(
    "时時连連应應代解明支查计計成平强強双元海宁甯寧贵华華商银官车車房简簡盖游封冷阳陽蓝藍卫衛景薄古苟廉符谈談郁揭迟遲花练練"
    "原仲乐樂畅尚伏满滿扬宗党黨燕郎屠丘桂丛叢齐齊勾补柏由牧步都英浦税岩"
)
#: Surnames for which two characters and any border will do, and all that a name may begin with.
SURNAMES = COMMON | (frozenset(_RARER) - _LABELLED_ONLY)
LABELLED = SURNAMES | _LABELLED_ONLY
#: With these, what goes on beyond three characters is a sentence, even where a name should stand.
SENTENCE = _LABELLED_ONLY

DOUBLE = (
    "欧阳|歐陽|上官|司马|司馬|诸葛|諸葛|尉迟|尉遲|皇甫|令狐|慕容|夏侯|司徒|司空|东方|東方|独孤|獨孤|南宫|南宮|端木|公孙|公孫|轩辕|軒轅|长孙|長孫"
    "|宇文|闻人|東郭|东郭|百里|呼延|澹台|澹臺|申屠|太史|赫连|赫連|拓跋|完颜|完顏|西门|西門|第五|淳于|单于|鲜于|濮阳|公冶|宗政|太叔|仲孙|钟离|鍾離|万俟|闾丘|公羊|范姜|张简|張簡"
)

#: Words by their first character, which is a surname, each with what second characters make them one: no name begins so.
_WORDS = """
王者牌座朝府 张贴嘴口开挂 陈述列旧设词醋皮 黄昏瓜豆油页酒粱牛 周一二三四五六日末期转围边岁密知到身报 马上路桶达虎匹甲来脚尾戏 胡乱说同扯闹须萝椒
何必时种处况妨止苦谓须曾等人因故 高溢度额速级端于低考温效价管铁频危压血龄跟息利手校层昂位质额空中 林区地 罗列 郑重 谢谢绝幕礼 宋代朝 唐突朝 韩币剧式服
许多久愿 曾经在于多几是有已被因向将对任与遭试用通要至次来打联投办就找收跟称说电致表反 肖像 田地径间 董事监 余额款下留地数量存 于是昨今本前当此我你您他她该其同第后之次去每贵商某上下年月日早凌晚近明
杜绝撰 程序度 叶片 苏打醒 丁点 任何务意由凭性期命免教满课职人 卢布 钟头表点 陆家续地军运路 范围本例畴 石油头化灰 金穗额融卡钱牌条属价币服税库 夏天季令
付款清出费不了过完钱的给息账现错到全首讫 方便面案向法才式程形位格能 熊市 白天条费给领色酒血粉癜手拿跑搭纸白 孟加 段时落位 雷同雨电 龙卡头 史上料无记前 陶瓷器冶
贺卡年词电礼喜信 毛病利巾衣重孩笔坯料毯 顾客虑问及此 万一元分不能事恶象里 武警器断装术 钱款包被没不也都还已是的到会扣币 戴口上着帽眼 严重格肃厉禁惩峻 莫名非须不过
向我你您他她银客本贵来商对该其法监总分消行央公 常习业用见规常理态备识驻住设期 康复健 易付用于购耗碎 乔装迁 赖账帐皮掉 文件字本书档案凭具章员 施工压行加舍以 洪水灾
季度节末初 温馨度暖水泉 庞大杂 章程 安排全装置慰抚检 牛奶市肉仔角 鲁莽 申赎请诉报领办购辩述冤 毕业竟 童装鞋话车 凌晨乱 涂改料抹 颜色料 庄严 辛苦劳
关于闭注联系键机停掉税照上押店门心 骆驼 祝愿福贺您你 尤其为 岳父母 费用率时力劲事解 纪念律录检要 盛大 焦虑急点躁 卓著 舒服适 左右侧边手 项目 蒙骗受混蔽
欧元洲盟 鲍鱼 甘愿于 柴油 苗圃 路演上过由人途边费口程线段灯 单币独纯位笔号日身据个方亲价程次月件条张向凭利证 管理用道控辖制 谷歌底 包销括含月年装裹庇赔办邮 司机法
时间候常段限效刻不而隔 连续接带同累锁夜日不线忙 应诉该当付还收急聘对用届有予在由为按是以允退交 代办理码表还付收扣替价发售销购缴为客 解除决释冻绑约读答封锁散聘
明确显细知年日早晚 支付持出行票取撑援配 查获库询看实收证验明清出到账帐找核处封扣 计量算划息费入提较 成功为立绩交员果熟千批效年人品 平时台均等常日板衡息米 强化奸烈制行调迫势硬扣推
双方重倍币赔 元旦素月宵 海外关淘报量参底鲜 云闪端 宁可愿肯 贵行司方重公宾部 利息率用润益好滚 原话版文因来先件则价告由始 华为侨 商业事户家务城品场标量讨 银行联 官方网司 车上牌辆险贷位站票祸费库
房贷产屋东租价间款 简单称介历直化 盖章 游客戏资玩泳 封号盘锁卡闭面存停 冷冻漠淡门 桂圆 阳性台 蓝色牙 习惯 卫星 屈服 景区点 薄弱 刁难 古币钱怪玩董代 晋级升 畅通 苟且 廉价 符合号 谈话判及到
郁闷 揭发露示穿 迟付到延缴还迟 花费呗旗钱了掉销 仇恨 巩固 练习 仲裁 乐意观 伏笔 皮肤 尚未且不无可欠 荣誉幸获 劳动烦驾务 边界 沙发滩 满仓足意期额 农业行村商民户 敬请启 幸好亏运
惠普及 班级 暴力露 冒充用名领 诸多如位 随时后便机 储蓄值存户 危险机害 麻烦将 由于 英文语镑 衡量 隆重 能够 来源 丰富 都是有 牧场 初步期次 区域分别 厉害 占用 候补选车
来电访函自说 全部额国款程面都体家 时间候 和商我客银他 信用息任号函 水费电 台湾州 那个么些时 国家内际外 后来续期 东西 别人的名 年龄度费底初 经理常过济办营手 保险证单安障存密留管护 银行联卡
严正词斥令防 左思想 席间位 常年说来去打给被把在以将有会问 关节 管钱不 易怒 费心 高喊声调呼龄 连打发呼声拨 明说示言 白等付扣送跑 万般难 方知 强忍逼 包揽 解说 花光 钱在打转去全一给退用 金属 石沉 周折 路远 胡搅吹 成天倍长
"""
#: Words that are names as well: the two characters alone are no name, a third decides.
_MAYBE = """
王国子 李子 陈年情 杨树梅 黄金色河海山石鱼 周年全 孙子女 马力克可 何从去方来 高兴峰达新利清尔 林业立 胡子 谢意 宋体 韩国元 许可诺 田园 余生温波项 苏宁格 丁香 叶子 梁山 萧山 钟爱情 范文 石家材 金银马黄
方圆针 熊猫 白金银雪 秦皇 江苏西湖边山南北 段子 雷达 黎明 贺喜 万家达科 武力 严密谨加 莫大 孔雀 向前 常年务温 易宝 文化明学中科物 施展 温和柔情 安心徽保卓稳定静 申明 柳树 梅花 庄家园 关怀爱
卓越 舒心畅 时代长 盛行情 欧美 甘心肃 单一人子 管家 包容 解开放 明白天 成都本 平安静和 强加大 双十 云南 宁夏波静 华夏 房子主 简易 冷静 桂林花 阳光 卫生 吉林祥利 花园 仲介 楚楚 康健佳 杜邦 惠普 张裕 戴尔 高盛 白页 尚可 荣耀
乐园趣 海南口 贵州阳 商洛 司马空 安全 童年 柯达 车主 朱红 程式 南京 党员 蓝天 辛勤 景色 成长 计较 孟买 唐山 苗木 路费 沙土 农户 龙头 章节 鲁班 席位 毛线 汤料 官员
"""
#: What makes a place or an office of any two characters before it.
_OF_PLACES = frozenset("村乡镇街巷县区屯路市省厂店局所站楼院校湾寺")
#: What makes a word of a word and a third character ("徐州人", "高峰期").
_SUFFIXES = frozenset("办人市省县区籍路卡店行网站期的地户会款费类方族机版部")


def _by_first(words: str) -> dict[str, frozenset[str]]:
    seconds: dict[str, set[str]] = {}
    for entry in words.split():
        seconds.setdefault(entry[0], set()).update(entry[1:])
    return {first: frozenset(found) for first, found in seconds.items()}


_BEGINNINGS = _by_first(_WORDS)
_DOUBTFUL = _by_first(_MAYBE)
_PLACES = frozenset(place for place in f"{PROVINCES}|{CITIES}".split("|") if place[0] in LABELLED)


def begins_word(text: str, at: int) -> bool:
    """Whether a common word begins at `at`, and no name."""
    return text[at + 1 : at + 2] in _BEGINNINGS.get(text[at], ()) or text[at : at + 3] in _PLACES


def is_word(name: str) -> bool:
    """Whether what would be a name of two or three characters is a word."""
    if begins_word(name, 0):
        return True
    if len(name) == 3 and name[2] in _OF_PLACES:
        return True
    is_doubtful = name[:2] in _PLACES or name[1:2] in _DOUBTFUL.get(name[0], ())
    return is_doubtful and (len(name) == 2 or name[2] in _SUFFIXES)


HAN = "[㐀-䶿一-鿿]"
#: What no given name holds: the clause goes on.
_CLAUSE = "的是于说称要被没把对到我你您他她请卡已您们吗呢吧了"
#: Words behind a name which its last character often resembles: a name may end so where nothing else could follow.
NAME_TOO = frozenset("刚和来可与及之向今有在并现持也因想就从需不收给用会将曾应未")
#: Of these, what no sentence has between a name and another border.
NAME_TOO_BEFORE_ANY = frozenset("刚和来可与及之也")
#: A name ends for certain before what is not Han, before a title, a label or a verb of speech or act.
CLEAR_END = re.compile(
    r"[^㐀-鿿*]|$|先生|女士|小姐|太太|老师|老師|同志|经理|主任|阁下|电话|電話|手机|手機|身份|证件|卡号|卡號|账号|账户|帐号|帐户|地址|住址|性别|出生|联系|聯絡|号码|尾号|关系|开户|邮箱|护照"
    r"|来电|來電|来函|来访|来信|进线|反映|反应|反饋|反馈|表示|陈述|称|致电|要求|申请|投诉|询问|咨询|查询|提出|认为|报案|举报|确认|否认|名下|本人|需要|希望|发现|收到|今天|今日|今年|昨天|昨日|因为|由于|已经|没有|不认|不同意|说|說|办理|拨打|持有|打来|想要|想查|想办|刚刚|刚才|用户|客户|现在|不是"
)
#: Or before a word that may go on from it.
END = re.compile(
    rf"{CLEAR_END.pattern}|的|是|在|于|想|要|请|今|昨|因|已|和|与|及|或|被|有|没|把|对|向|从|到|去|我|你|您|他|她|持|打|办|需|现|收|给|又|并|也|就|不|刚|之|这|那|卡|未|用[我其他她副手同本]|多次|曾|再|仍|均|都|将|会|应"
)
#: A surname before one of these is no name: it is addressed ("张先生"), or it was no surname ("客户方表示").
NO_GIVEN = re.compile(
    r"先生|女士|小姐|太太|老师|经理|主任|总(?![㐀-鿿])|某|姓|来电|来函|进线|反映|反应|表示|陈述|称|致电|要求|申请|投诉|询问|咨询|查询|提出|认为|电话|手机|账|帐|卡"
)
#: No character of a given name where a name must stand; and what weak contexts hold for none either.
CLAUSE = frozenset(_CLAUSE)
PARTICLES = frozenset(_CLAUSE + "先也就不又或给把对将会能让无未应方单因及与较很太最更各每行卡店户号")

_PERSONS = (
    "持卡人|联系人|聯絡人|聯繫人|收款人|付款人|汇款人|匯款人|收件人|寄件人|收货人|收貨人|申请人|申請人|投诉人|投訴人|借款人|担保人|擔保人|委托人|委託人|代理人|经办人|經辦人|代办人|代辦人"
    "|被保险人|被保險人|投保人|受益人|开户人|開戶人|债务人|債務人|债权人|保证人|来电人|来访人|举报人|当事人|负责人|反映人|报案人|受害人|监护人|登记人|签收人"
)
#: What names a person: a colon or 是 behind most of these asks for a name; `SAID` always does; behind `WEAK` and `KIN` only
#: what is clearly ended is one. Each alternative begins with a literal, which keeps the search quick.
_SAID = "自称|自稱|我叫|名叫|他叫|她叫|叫做|叫作"
_WEAK = "本人|我是|这里是|客户|客戶|用户|用戶|转告|转账给|转给|汇给|汇款给|打给|联系|致电|尊敬的"
_KIN = "配偶|丈夫|妻子|儿子|女儿|父亲|母亲|父母|朋友|同事|老公|老婆|爱人|太太|孩子|奶奶|爷爷|外公|外婆|岳母|岳父|嫂子|妈妈|爸爸|老妈|老爸|我妈(?!妈)|我爸(?!爸)|哥哥|姐姐|弟弟|妹妹|媳妇|男友|女友|我哥|我姐|我弟|我妹"
CONTEXT = re.compile(
    rf"姓 {{0,4}}名|名字|户 {{0,4}}名|戶 {{0,4}}名|客户名称|客戶名稱|账户名称|帐户名称|賬戶名稱|帳戶名稱|中文名|英文名|{_PERSONS}|法定代表人|法人"
    rf"|机主|機主|户主|戶主|卡主|车主|車主|署名|落款|签名|簽名|甲方|乙方|丙方|{_SAID}|{_WEAK}|{_KIN}"
)
SAID = frozenset(_SAID.split("|"))
UNASKED = frozenset(re.sub(r"\(.*?\)", "", f"{_WEAK}|{_KIN}").split("|"))
#: Only a colon makes these ask for a name.
NEEDS_COLON = frozenset({"甲方", "乙方", "丙方", "负责人", "英文名"})
#: An organisation's name begins like a person's.
ORGANISATION = re.compile(
    r"[^ \n,.;:、，。；：|]{0,24}?(?:公司|银行|支行|分行|商行|商店|专卖店|旗舰店|超市|工厂|中心|集团|学校|大学|医院|协会|委员会|事务所|合作社|餐厅|酒店|企业|工作室|经营部)"
)

#: Keys of JSON, forms and XML behind whose last part ("name", "holder") a person's name stands, by what stands before it.
KEY = re.compile("(?:name|holder|payee|payer)[\"']?[ ]?[:=>][ ]?[\"']?(?=[㐀-鿿])")
KEY_BEFORE = re.compile(r"[a-z_]{0,24}\Z")
KEYS = re.compile(
    "(?:customer|cust|client|real|card|card_?holder|account|account_?holder|acct|payee|payer|user|full|contact|owner|receiver|recipient|consignee"
    "|beneficiary|sender|legal|member|borrower|applicant|person|chinese)?_?"
)
#: A column's head over names; one of `IN_HEADS` is in each of them and what parts it from the next.
IN_HEADS = ("姓名", "名字", "户名", "戶名", "人\t", "人|", "人 |", "人,", "人，", "name", "Name", "NAME")
HEAD = re.compile(
    rf"(?:客户|客戶|持卡人|申请人|联系人|员工)?(?:姓名|名字|[户戶]名)|{_PERSONS}|(?:(?:customer|full|cardholder|account|client|payee)[ _]?)?name"
)

_OF_PERSON = (
    "(?:customer|cust|client|real|card[ _]?holder|account|acct|payee|payer|user|full|contact|owner|receiver|recipient|consignee|beneficiary"
    "|sender|legal|member|borrower|applicant|account[ _]?holder)"
)
LATIN_CONTEXT = re.compile(
    rf"(?:my (?:full |legal |real )?name(?:'s| is)|{_OF_PERSON}[ _]?name[\"']?(?: is|[ ]?[:=])|name[\"']?[ ]?[:=]|name on (?:the )?card(?: is|[:.=])"
    r"|(?:card[ _]?holder|account holder|holder|beneficiary|payee|payer|recipient|consignee|applicant|complainant|customer|guarantor|contact|contact person|ship to|bill to|sold to|attention|signed)"
    r"[\"']?(?:'s)?(?: name)?(?: is|[ ]?[:=])|i am|i'm|this is|mr\.?|mrs\.?|ms\.?|miss|dr\.?|attn[:.]?|signed by|regards,|sincerely,"
    r"|account name|card ?holder(?: name)?|beneficiary(?: name)?|(?<=[0-9,;|] )name|dear|from:"
    rf"|(?:姓名|[户戶]名|客户名称|账户名称|[中英]文名|{_PERSONS}|[机户卡]主|我叫|自称|本人|客户)(?:[ :=]|是|为|叫){{0,3}})[ \n\"'“”,]{{0,3}}$"
)
#: How those end, which is quick to see.
LATIN_ENDS = (
    " is", ":", "=", "'s", " am", "i'm", "mr", "mr.", "mrs", "mrs.", "ms", "ms.", "miss", "dr", "dr.", "by", "regards", "cerely",
    "attn", "attn.", "dear", "holder", "ficiary", "name", "名", "人", "主", "叫", "是", "为", "称", "客户",
)  # fmt: skip
#: The last characters of those.
LATIN_LAST = frozenset(end[-1] for end in LATIN_ENDS)
#: Words with a capital that are no part of a person's name.
NO_LATIN_NAME = re.compile(
    r"(?:The|This|That|A|An|My|Your|Our|I|Not|Very|So|Too|Just|Really|Still|Now|Here|Sorry|Unable|Sure|No|Please|And|But|Or|Is|Was|On|In|At|To|For|Bank|Banking|Card|Cards|Credit|Debit|Customer|Service|Services|Support|First|Last|Full|Team|Sir|Sirs|Madam|Account|Visa|Master|MasterCard|Mastercard"
    r"|Union|UnionPay|American|Express|Street|Road|Inc|Ltd|Limited|LLC|Company|Corp|Corporation|Group|Loan|Loans|Capital|Wells|Fargo|Chase|Citi|Citibank|Synchrony|Discover|Equifax|Experian|TransUnion|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|January|February|March|April|May|June|July"
    r"|August|September|October|November|December|XX+|N/A|Manager|Department|Dept|Office|Center|Centre|Store|Shop|Market|Platinum|Gold|Infinite|Signature|World|Classic|Standard|Premium|Business|Personal|Sales|Team|Client|Cardholder|Holder|Valued|Member|Colleague|Colleagues|All|Everyone|Friend|Friends"
    r"|Hotel|Airlines|Airways|University|College|Hospital|Insurance|Financial|Finance|Mortgage|Payment|Payments|Transfer|Online|Mobile|App|Data|System|Server|Test|Unknown|Anonymous|Null|None|Undefined|True|False|Error|Invalid|China|Chinese|Hong|Kong|Beijing|Shanghai|New|York|North|South|East|West|United|States|Hiring|Dispute|Disputes|Complaint|Complaints|Compliance|Legal|Collections?|Recovery|Fraud|Security|Help|Desk|Product|Joint|Savings|Checking|Annual|Fees?|Interest|Rate|Statement|Balance|Limit|Rewards?|Points|Plan|Cash|Advance|Refund|Charges?|Total|Representatives?|Agents?|Servicing|CFPB|Name|Date|Number|Phone|Email|Address|Amount|Required|Missing|Wrong)(?![A-Za-z])"
)
