"""The fields that audit entries are written with, as the sources say."""

import ast
from collections.abc import Iterator
from pathlib import Path

import sentineliq

PACKAGE = Path(sentineliq.__file__).parent
SIDES = ("before", "after")


def written_fields() -> set[str]:
    """Of every module that names an audited action, whichever way it hands the fields on."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text()
        if "AuditAction." in text and path.parts[-2:] != ("activity", "summaries.py"):
            found |= set(_of_module(ast.parse(text)))
    return found


def _of_module(module: ast.Module) -> Iterator[str]:
    functions = [
        node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    by_name = {function.name: function for function in functions}
    for function in functions:
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            for side in _sides(call):
                yield from _keys(side, function, by_name)


def _sides(call: ast.Call) -> Iterator[ast.expr]:
    """What a call says of before and after: an `AuditNote` also by place, `_note` by the field's name."""
    name = getattr(call.func, "id", "")
    if name in ("AuditNote", "_note"):
        yield from call.args[1:]
        yield from (keyword.value for keyword in call.keywords if keyword.arg is None)
    yield from (keyword.value for keyword in call.keywords if keyword.arg in SIDES)


def _keys(value: ast.expr | None, function: ast.AST, by_name: dict[str, ast.AST]) -> Iterator[str]:
    match value:
        case ast.Constant(value=str(name)):
            yield name
        case ast.Dict(keys=keys, values=values):
            yield from (key.value for key in keys if isinstance(key, ast.Constant))
            for key, spread in zip(keys, values, strict=True):
                if key is None:
                    yield from _keys(spread, function, by_name)
        case ast.BinOp(left=left, right=right) | ast.IfExp(body=left, orelse=right):
            yield from _keys(left, function, by_name)
            yield from _keys(right, function, by_name)
        case ast.Name(id=name):
            yield from _assigned(name, function, by_name)
        case ast.Call(func=ast.Name(id=name)) if name in by_name:
            for node in ast.walk(by_name[name]):
                if isinstance(node, ast.Return) and isinstance(node.value, ast.Dict):
                    yield from _keys(node.value, by_name[name], by_name)
        case _:
            return


def _assigned(name: str, function: ast.AST, by_name: dict[str, ast.AST]) -> Iterator[str]:
    for node in ast.walk(function):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            if (
                isinstance(target, ast.Name)
                and target.id == name
                and not isinstance(node.value, ast.Constant)
            ):
                yield from _keys(node.value, function, by_name)
