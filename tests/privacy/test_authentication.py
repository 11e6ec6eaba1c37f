"""Codes, PINs and CVVs beside their word, and what stands there and is none: what is destroyed cannot be brought back."""

import re

import pytest

from bihuan.privacy.detect import detect

_SECRETS = {"one_time_code", "pin", "cvv"}

#: What is marked is destroyed, and nothing else.
FOUND = """
[775948]（登录验证码），请勿告诉他人
[921132](动态验证码)，10分钟内有效
刚才那条短信写着 [918820]（绑卡验证码）
[465019]【验证码】
[885371](OTP)
【某银行】[673920] 验证码，请勿泄露
[836010] is your Alipay verification code
<#> [588517] is your WeChat verification code
Use [289169] as your login code
Use code [471724] to verify your account
enter the code [772190] now
I typed the code [655644] but it says invalid
my sms code is [812904]
Your WhatsApp code: [551-902]
我收到个验证码，[142855]
验证码。[736610]
[990837]，验证码
收到验证码了 [153759]
验证码来了[314322]
验证码显示[876202]
验证码报给他了[015448]
骗子问我要验证码，我告诉他[771926]
验证码（6位）：[921787]
[482892]是刚才的验证码
[704518] 这是验证码
验证码[083\\n751]
驗證碼係[740868]
OTP係[612704]
認證碼[918618]
短訊碼[772810]
令牌码[714486]
OTP code: [898696]
SMS code [128261]
3DS code [952027] not accepted
Login password reset code: [127715]
2FA code [881920]
confirmation code [772018]
access code: [551882]
OTP I received is [882716]
OTP given to caller: [401772]
"smsCode":"[500284]"
card_no=6222****2230&sms_code=[569714]
verifyCode=[118273]
"verification_code":"[900995]"
otp_code=[661200]
captcha=[882917]
"validateCode": "[902718]"
"msgCode":"[390065]"
"dynamicPwd":"[595625]"
GET /check?vcode=[771920]
<smsCode>[771209]</smsCode>
"payPassword":"[185818]"
{"tradePwd":"[175198]"}
loginPwd=[447120]&ua=ios
login_password=[690628]
"pinCode":"[545127]"
pin_code=[608313]
密码应该是[808974]
密码试了[840647]
密码就是我生日[456287]
[019382]这个密码不对
密碼係[819160]
提款密碼係[278263]
密码[5 7 7 8 7 5]
密码[5、7、7、8、7、5]
密码是[696 429]，登不上
密码[025-745]
PIN [1 2 3 4]
ATM PIN: [338 102]
CVV [1 2 3]
CVV2:[1、1、0] 有效期:
验证码[5-5-1-9-0-2]
密码[123456]、[654321]都试过了
密码[123456]或[654321]
验证码 [897793] 还是 [858756]
old PIN [4471] or [4417]
my debit card pin is [7 7 1 0]
account and password: zhang01 [abc123]
【某行】您的验证码[2048]，请勿泄露
密码：[19900101]
個CVV係[317]
CVV碼[061]
CVV数字[798]
签名栏后三位[623]
背面末三碼[790]
安全碼係[459]
安全代码[649]
{"cvvCode":"[441]"}
"card_cvv":"[937]"
cvc_code=[262]
信用卡背面[561]
我的卡，最后三位是[002]
卡片验证码[452]
银行卡校验码[689]
card, security code: [152]
my card, the 3 digits on the back are [985]
visa card, three digits on back [402]
card CSC [531]
card, sec code [318]
card, 3-digit code [019]
Amex card 4-digit code [8224]
Amex CID [1802]
"cardType":"visa","security_code":"[152]"
""".strip()

#: Numbers near such a word, of which none is its value.
LEFT = """
{"code":200001,"msg":"参数错误"}
code=266935 msg=fail
code: 10086
code:780320
响应: code=083595, desc=余额不足
GET /api?code=075969&state=x
the error code is 200310
the code is 200310, msg: invalid param
The code: 551902 appears on screen
use code 202611 for 20% off
enter code 551203 for a discount
{"msgCode":"100456","msg":"ok"}
"statusCode": 551902
postcode=551902
"checkNo":"551902"
"verCode":551902
"authCode":"281271"
order 714782 OTP not received
流水492525验证码错误
错误码655574验证码错误
错误码655574（验证码错误）
523206 验证码错误
123456 验证码已失效
ERR 315759 OTP mismatch
63960 OTP invalid
转账559594验证码没到
提现54272验证码收不到
额度76505验证码
卡7047验证码收不到
20230804 验证码未收到
926922 OTP requests failed
8873 OTP failures today
密码20260414起失效
密码 20260328
OTP 20250614
OTP 2024
PIN 2017
PIN 23042367 terminal
验证码 8940毫秒
验证码20261122没收到
验证码有效期 300000 毫秒
验证码一直收不到，订单 714782 已经付款
没收到验证码 771829
收不到验证码，771829
驗證碼收唔到，單號 771829
验证码过期了，退款 120000 元
验证码发送失败，错误 771829
验证码通道106902
验证码模板：551902
验证码提示 200310
验证码给他了，被转走551902
我输入验证码后，支付了 551902
密码是客服 551902 重置的
验证码是10698000发来的
验证码是12306的
动态密码器显示 551902
OTP channel: 339018
OTP sent to 881920
OTP error 881920
PIN block 881920
密码输错，工单 202611220001
密码6位
密码错误3次
密码错误 881920
密码重置申请 771829
密码修改后余额 300000
忘记密码，工单 881920
2024年改过密码
密码 1、2、3、4
验证码 5032 3598
密码 1234 5678 9012
CVV是什么
卡尾号后三位002
卡，身份证后三位518
卡，手机号后三位518
卡背面100元优惠
银行卡背面 3 号窗口
后三位002
背面561
security code is a 3-digit number on the card
card CSC error 531
card queue, CID 1802
""".strip()


@pytest.mark.parametrize("marked", FOUND.split("\n"))
def test_what_its_word_gives_away_is_destroyed_whole(marked: str) -> None:
    marked = marked.replace("\\n", "\n")
    values = re.findall(r"\[([^\]]+)\]", marked)
    text = re.sub(r"\[([^\]]+)\]", r"\1", marked)
    assert [text[s.start : s.end] for s in detect(text) if s.kind in _SECRETS] == values


@pytest.mark.parametrize("text", LEFT.split("\n"))
def test_what_only_stands_near_its_word_is_left(text: str) -> None:
    assert [text[s.start : s.end] for s in detect(text) if s.kind in _SECRETS] == []


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("4111111111111111 背面 561", True),
        ("背面 561", False),
        ("4111111111111111" + "，" * 90 + "背面 561", False),
        ("378282246310005 CID 1802 amex", True),
        ("4111111111111112 校验码 518", False),
    ],
)
def test_a_word_that_may_name_anything_needs_a_card_beside_it(text: str, is_found: bool) -> None:
    assert any(s.kind == "cvv" for s in detect(text)) is is_found


def test_a_code_is_no_longer_one_once_the_parameter_ends() -> None:
    text = "loginPwd=abc123&order=551902"
    assert [text[s.start : s.end] for s in detect(text)] == ["abc123"]


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "piece",
    [
        "验证码 1 2 ",
        "密码1、2、3、",
        "背面三位",
        "code ",
        "123456 验证码",
        "sms_code_",
        "(验证码",
        "digit digits ",
        "的的的",
        "OTP the the ",
    ],
)
def test_no_repetition_makes_it_slow(piece: str) -> None:
    detect(piece * (100_000 // len(piece)))


@pytest.mark.parametrize("before", ["6222020200112230", "amount 28.50", "please help", "order_id", "¥1"])
@pytest.mark.parametrize(
    ("said", "kind", "value"),
    [("CVV 123", "cvv", "123"), ("PIN 4826", "pin", "4826"), ("OTP 482613", "one_time_code", "482613"),
        ("smsCode=482613", "one_time_code", "482613")],
)  # fmt: skip
def test_the_line_before_is_no_part_of_the_word(before: str, said: str, kind: str, value: str) -> None:
    assert (kind, value) in [(s.kind, s.value) for s in detect(f"{before}\n{said}\nID 110105")]
