"""What may be wrong in a pack, said once: code → (zh, en, what to do in zh, what to do in en).

Placeholders are the problem's parameters; `{fix}` is the nearest valid name or the list of them.
"""

MESSAGES: dict[str, tuple[str, str, str, str]] = {
    "file_missing": ("缺少文件 {name}", "the file {name} is missing", "新建 {name}", "create {name}"),
    "file_extra": ("包里不应有 {name}", "{name} does not belong in a pack", "{fix}", "{fix}"),
    "file_text": (
        "文件不是 UTF-8 文本，或超过 {limit} KB",
        "the file is not UTF-8 text, or larger than {limit} KB",
        "另存为 UTF-8 并精简",
        "save it as UTF-8 and shorten it",
    ),
    "yaml": (
        "不是合法的 YAML:{detail}",
        "not valid YAML: {detail}",
        "检查缩进、冒号与引号",
        "check indentation, colons and quotes",
    ),
    "yaml_feature": (
        "不支持 YAML 的锚点、别名和标签（& * !）",
        "YAML anchors, aliases and tags (& * !) are not supported",
        "把内容写出来；文字里要用这些符号请加引号",
        "write the content out; quote a text that begins with such a sign",
    ),
    "deep": ("嵌套超过 {limit} 层", "nested deeper than {limit} levels", "减少嵌套", "nest less"),
    "duplicate_key": (
        "键“{name}”写了两次",
        "the key '{name}' is given twice",
        "删去其中一个（第一个在第 {first} 行）",
        "remove one (the first is in line {first})",
    ),
    "unknown_key": ("{where} 里没有“{name}”这个键", "{where} has no key '{name}'", "{fix}", "{fix}"),
    "missing_key": ("{where} 缺少“{name}”", "{where} lacks '{name}'", "加上 {name}：", "add {name}:"),
    "want_table": ("{where} 应为“键：值”的形式", "{where} must be `key: value` lines", "{fix}", "{fix}"),
    "want_list": ("{where} 应为列表", "{where} must be a list", "写成 [a, b]", "write [a, b]"),
    "want_text": ("{where} 应为一段文字", "{where} must be a text", "写一段文字", "write a text"),
    "want_word": ("{where} 不认识“{name}”", "{where} does not know '{name}'", "{fix}", "{fix}"),
    "want_code": (
        "“{name}”不能作代码",
        "'{name}' cannot be a code",
        "用小写字母开头，只含小写字母、数字和下划线，最多 40 个字符",
        "begin with a lower-case letter; only lower-case letters, digits and underscores; at most 40",
    ),
    "want_number": ("{where} 应为数字", "{where} must be a number", "写 {fix}", "write {fix}"),
    "want_flag": (
        "{where} 应为 true 或 false",
        "{where} must be true or false",
        "写 true 或 false",
        "write true or false",
    ),
    "want_duration": (
        "{where} 应为时长",
        "{where} must be a duration",
        "写成 30m、2h 或 PT2H",
        "write 30m, 2h or PT2H",
    ),
    "want_value": (
        "“{name}”不是字段 {field} 可取的值",
        "'{name}' is not a value of the field {field}",
        "{fix}",
        "{fix}",
    ),
    "forbidden_field": (
        "不得收集“{name}”：验证码、密码、CVV、有效期一律不存",
        "'{name}' must not be asked for: codes, passwords, CVV and expiry dates are never stored",
        "删去此字段；核身只记方式、结果与时间",
        "remove the field; a verification records method, result and time only",
    ),
    "not_for_type": (
        "{type} 类型的字段不能有“{name}”",
        "a field of type {type} cannot have '{name}'",
        "删去 {name}",
        "remove {name}",
    ),
    "needs_choices": (
        "{type} 类型的字段要列出 choices",
        "a field of type {type} needs choices",
        "加上 choices: [a, b]",
        "add choices: [a, b]",
    ),
    "bad_pattern": (
        "pattern 只能由字符、[…]、\\d 与 {{m,n}} ? + * 组成，不能有括号和竖线，可变长度最多三处",
        (
            "a pattern is made of characters, […], \\d and {{m,n}} ? + *; no parentheses or |,"
            " at most three variable lengths"
        ),
        "例如 MCH[0-9]{{8,12}}",
        "for example MCH[0-9]{{8,12}}",
    ),
    "bad_example": (
        "looks_like 的例子“{name}”不符合 pattern",
        "the example '{name}' in looks_like does not match the pattern",
        "改例子或改 pattern",
        "change the example or the pattern",
    ),
    "order": ("{low} 大于 {high}", "{low} is larger than {high}", "两者对调", "exchange the two"),
    "staff_at_submit": (
        "由坐席填写的“{name}”不能在提交时必填",
        "'{name}', filled by staff, cannot be required at submit",
        "改为 required_for: [accept]",
        "write required_for: [accept]",
    ),
    "op_for_type": (
        "{type} 类型的字段不能用 {name} 比较",
        "a field of type {type} cannot be compared by {name}",
        "{fix}",
        "{fix}",
    ),
    "one_op": (
        "条件应是 all、any、not 之一，或一个 field 加一个比较",
        "a condition is one of all, any, not, or one field with one comparison",
        "例如 {{field: reason, is: duplicate}}",
        "for example {{field: reason, is: duplicate}}",
    ),
    "large_condition": (
        "条件太大：最多 {depth} 层、{nodes} 项",
        "the condition is too large: at most {depth} levels and {nodes} parts",
        "拆成几条规则",
        "split it into several rules",
    ),
    "circular": (
        "字段的 when 互相依赖：{name}",
        "the fields' when depend on one another: {name}",
        "去掉其中一个 when",
        "remove one of the when",
    ),
    "frozen_funds": (
        "涉及资金冻结的工单必须为紧急：第一条优先级规则应为此",
        "a ticket with frozen funds must be urgent: the first priority rule must say so",
        (
            "加布尔字段 funds_frozen，第一条写"
            " {{when: {{field: funds_frozen, is: true}}, priority: urgent, reason: frozen_funds}}"
        ),
        (
            "have a boolean field funds_frozen, and write first"
            " {{when: {{field: funds_frozen, is: true}}, priority: urgent, reason: frozen_funds}}"
        ),
    ),
    "text_missing": (
        "{language} 文本缺少 {name}",
        "the {language} texts lack {name}",
        "在此处加上 {name}",
        "add {name} here",
    ),
    "text_extra": (
        "case.yaml 里没有与文本 {name} 对应的内容",
        "case.yaml has nothing the text {name} belongs to",
        "{fix}",
        "{fix}",
    ),
    "placeholder": (
        "模板里没有可用的占位符 {name}",
        "a template has no placeholder {name}",
        "{fix}",
        "{fix}",
    ),
    "placeholders_differ": (
        "中英文模板的占位符不同：{name}",
        "the placeholders of the zh and en template differ: {name}",
        "两种语言写同样的占位符",
        "use the same placeholders in both languages",
    ),
    "code_is_folder": (
        "code 应与文件夹同名：{name}",
        "the code must be the folder's name: {name}",
        "写 code: {name}",
        "write code: {name}",
    ),
    "code_twice": (
        "类型代码 {name} 已被 {other} 使用",
        "the case type {name} is already in {other}",
        "改文件夹名与 code",
        "rename the folder and the code",
    ),
    "same_as": (
        "same_as 里的 {name} 不是其他类型的字段",
        "{name} in same_as is no field of another case type",
        "{fix}",
        "{fix}",
    ),
    "example": (
        "例子与定义不符：{what} 应为 {wanted}，实为 {got}",
        "the example does not hold: {what} should be {wanted} but is {got}",
        "改例子，或改 case.yaml",
        "change the example, or case.yaml",
    ),
    "no_example": (
        "至少要有一个黄金例子 examples/<名字>.yaml",
        "at least one golden example examples/<name>.yaml is needed",
        "写一个例子",
        "write one",
    ),
}
