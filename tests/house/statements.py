"""The rule that ties every tenant table in a statement to the tenant's parameter, checked on PostgreSQL's own parse tree.

A table is tied where a condition that must hold says `alias.tenant_id = %(tenant_id)s`, or equals the tenant of another
alias that is tied. Conditions count where they stand: a WHERE for all, an inner join's ON for both sides, an outer join's
ON only for the side it fills in; nothing below OR or NOT counts. An INSERT must give the tenant, and an ON CONFLICT must
name it. `tenant` itself is tied by its `id`.
"""

import re
from collections.abc import Iterator, Mapping

from pglast import ast, parse_sql
from pglast.enums import A_Expr_Kind, BoolExprType, JoinType, SetOperation

PARAMETER = "tenant_id"
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")
Levels = tuple["Level", ...]


def numbered(text: str) -> tuple[str, list[str]]:
    """A statement with `%(name)s` placeholders as PostgreSQL's `$n`, and the names in order."""
    names = list(dict.fromkeys(_PLACEHOLDER.findall(text)))
    told = _PLACEHOLDER.sub(lambda m: f"${names.index(m[1]) + 1}", text)
    return told.replace("%%", "%"), names


def untied(text: str, keys: Mapping[str, str], *, tenant: str = "") -> list[str]:
    """What of a statement is not tied; empty where all is.

    `keys`: tenant table → its column of the tenant. `tenant`: this tenant's id, where statements hold it as a literal.
    Raises pglast.parser.ParseError.
    """
    told, names = numbered(text)
    number = names.index(PARAMETER) + 1 if PARAMETER in names else 0
    rule = _Rule(keys, number, tenant)
    for raw in parse_sql(told):
        rule.statement(raw.stmt, ())
    return rule.found


class Level:
    """The tables of one FROM: alias → table, and which aliases are tied."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        self.keys = keys
        self.tables: dict[str, str] = {}
        self.tied: set[str] = set()
        self.others: set[str] = set()

    def owner(self, column: ast.ColumnRef) -> str | None:
        """The alias whose tenant this column is, if it is one of this level's."""
        fields = [f.sval for f in column.fields if isinstance(f, ast.String)]
        if len(fields) == 2 and fields[0] in self.tables and fields[1] == self.keys[self.tables[fields[0]]]:
            return fields[0]
        if len(fields) == 1:
            having = [a for a, t in self.tables.items() if self.keys[t] == fields[0]]
            # PostgreSQL refuses an unqualified name that two tables have; `id` is anybody's and must say whose.
            return having[0] if len(having) == 1 and (fields[0] == PARAMETER or not self.others) else None
        return None


class _Rule:
    def __init__(self, keys: Mapping[str, str], number: int, tenant: str) -> None:
        self.keys = keys
        self.number = number
        self.tenant = tenant
        self.found: list[str] = []
        self.ctes: set[str] = set()

    def statement(self, node: ast.Node, outer: Levels) -> None:
        self.named(node, outer)
        match node:
            case ast.SelectStmt() if node.op != SetOperation.SETOP_NONE:
                self.statement(node.larg, outer)
                self.statement(node.rarg, outer)
            case ast.SelectStmt():
                level = self.level(node.fromClause or (), node.whereClause, outer)
                parts = (
                    node.targetList,
                    node.whereClause,
                    node.havingClause,
                    node.sortClause,
                    node.fromClause,
                )
                self.below(parts, (level, *outer))
            case ast.InsertStmt():
                self.insert(node, outer)
            case ast.UpdateStmt() | ast.DeleteStmt():
                more = node.fromClause if isinstance(node, ast.UpdateStmt) else node.usingClause
                level = self.level((node.relation, *(more or ())), node.whereClause, outer)
                targets = node.targetList if isinstance(node, ast.UpdateStmt) else ()
                self.keeps_tenant(node.relation.relname, targets or ())
                self.below((targets, node.whereClause, more, node.returningClause), (level, *outer))
            case _:
                self.found.append(f"{type(node).__name__} is not a statement of ours")

    def named(self, node: ast.Node | None, outer: Levels) -> None:
        """The WITH of a statement: each a statement of its own, its name no table."""
        for cte in getattr(getattr(node, "withClause", None), "ctes", None) or ():
            self.ctes.add(cte.ctename)
            self.statement(cte.ctequery, outer)

    def level(self, items: tuple[ast.Node, ...], where: ast.Node | None, outer: Levels) -> Level:
        level = Level(self.keys)
        for item in items:
            self.take(item, level)
        conditions = [(c, set(level.tables)) for c in _conjuncts(where)]
        for item in items:
            conditions += self.joined(item)
        levels, before = (level, *outer), -1
        while before != len(level.tied):
            before = len(level.tied)
            for condition, sides in conditions:
                level.tied |= self.tied_by(condition, levels) & sides
        self.found += [f"{t} as {a} is not tied" for a, t in level.tables.items() if a not in level.tied]
        return level

    def take(self, item: ast.Node, level: Level) -> None:
        if isinstance(item, ast.JoinExpr):
            self.take(item.larg, level)
            self.take(item.rarg, level)
            return
        name = item.alias.aliasname if item.alias else getattr(item, "relname", "")
        if isinstance(item, ast.RangeVar) and item.relname in self.keys and item.relname not in self.ctes:
            level.tables[name] = item.relname
        else:
            level.others.add(name)

    def joined(self, item: ast.Node) -> Iterator[tuple[ast.Node, set[str]]]:
        """Conditions of the joins in a FROM item, with the aliases each holds for."""
        if not isinstance(item, ast.JoinExpr):
            return
        left, right = Level(self.keys), Level(self.keys)
        self.take(item.larg, left)
        self.take(item.rarg, right)
        sides = {
            JoinType.JOIN_INNER: {*left.tables, *right.tables},
            JoinType.JOIN_LEFT: set(right.tables),
            JoinType.JOIN_RIGHT: set(left.tables),
        }.get(item.jointype, set[str]())
        yield from ((c, sides) for c in _conjuncts(item.quals))
        yield from self.joined(item.larg)
        yield from self.joined(item.rarg)

    def tied_by(self, condition: ast.Node, levels: Levels) -> set[str]:
        """The aliases of the innermost level that an equality ties."""
        if not isinstance(condition, ast.A_Expr) or condition.kind != A_Expr_Kind.AEXPR_OP:
            return set()
        if [n.sval for n in condition.name] != ["="]:
            return set()
        sides = (condition.lexpr, condition.rexpr)
        return {
            alias
            for one, other in (sides, sides[::-1])
            if isinstance(one, ast.ColumnRef)
            and (alias := levels[0].owner(one))
            and self.is_tenant(other, levels)
        }

    def is_tenant(self, node: ast.Node, levels: Levels) -> bool:
        """The parameter, its literal, or the tenant of a tied alias here or outside."""
        match node:
            case ast.TypeCast():
                return self.is_tenant(node.arg, levels)
            case ast.ParamRef():
                return node.number == self.number != 0
            case ast.A_Const(val=ast.String()):
                return node.val.sval.replace("-", "") == self.tenant.replace("-", "") != ""
            case ast.ColumnRef():
                owners = ((level, level.owner(node)) for level in levels)
                return next((alias in level.tied for level, alias in owners if alias), False)
            case _:
                return False

    def insert(self, node: ast.InsertStmt, outer: Levels) -> None:
        table, source = node.relation.relname, node.selectStmt
        self.named(source, outer)
        level, rows = Level(self.keys), list(getattr(source, "valuesLists", None) or ())
        if source is not None and source.targetList:
            level = self.level(source.fromClause or (), source.whereClause, outer)
            rows = [[t.val for t in source.targetList]]
            self.below((source.whereClause, source.fromClause), (level, *outer))
        self.below((rows, node.returningClause), (level, *outer))
        if table in self.keys:
            names = [c.name for c in node.cols or ()]
            at = names.index(self.keys[table]) if self.keys[table] in names else -1
            if at < 0 or not rows or not all(self.is_tenant(row[at], (level, *outer)) for row in rows):
                self.found.append(f"insert into {table} does not give the tenant")
            self.conflict(table, node.onConflictClause)

    def conflict(self, table: str, clause: ast.OnConflictClause | None) -> None:
        if clause is None:
            return
        elements = clause.infer.indexElems if clause.infer else None
        if self.keys[table] not in [e.name for e in elements or ()]:
            self.found.append(f"on conflict of {table} does not name the tenant")
        self.keeps_tenant(table, clause.targetList or ())

    def keeps_tenant(self, table: str, targets: tuple[ast.ResTarget, ...]) -> None:
        if table in self.keys and self.keys[table] in [t.name for t in targets]:
            self.found.append(f"{table} would change its tenant")

    def below(self, parts: object, levels: Levels) -> None:
        """Every subselect inside, each with a FROM of its own."""
        if isinstance(parts, list | tuple):
            for part in parts:
                self.below(part, levels)
        elif isinstance(parts, ast.SelectStmt):
            self.statement(parts, levels)
        elif isinstance(parts, ast.Node):
            self.below([getattr(parts, name) for name in parts], levels)


def _conjuncts(condition: ast.Node | None) -> Iterator[ast.Node]:
    if isinstance(condition, ast.BoolExpr) and condition.boolop == BoolExprType.AND_EXPR:
        for one in condition.args:
            yield from _conjuncts(one)
    elif condition is not None:
        yield condition
