"""No statement is built from text: SQL goes through the ORM, or stands in the code word for word."""

import ast
from collections.abc import Iterator
from pathlib import Path

PRODUCT = Path(__file__).parents[2] / "sentineliq"
STATEMENTS = {"text", "exec_driver_sql", "execute", "executemany", "executescript", "scalar", "scalars"}
"""Calls whose first argument may be SQL text."""
BUILT_FROM_CONSTANTS = {
    ("migrations/__init__.py", "f'SELECT pg_advisory_xact_lock({_LOCK})'"),
    ("sandbox/mailbox.py", "f'pragma {pragma}'"),
}


def built_statements(tree: ast.AST) -> Iterator[str]:
    """First arguments that are put together from parts."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or not call.args:
            continue
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        if name in STATEMENTS and _is_built(call.args[0]):
            yield ast.unparse(call.args[0])


def _is_built(value: ast.expr) -> bool:
    if isinstance(value, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in value.values)
    if isinstance(value, ast.BinOp):
        return isinstance(value.op, ast.Add | ast.Mod)
    return isinstance(value, ast.Call) and getattr(value.func, "attr", "") in {"format", "join"}


def found_in(folder: Path) -> set[tuple[str, str]]:
    return {
        (path.relative_to(folder).as_posix(), statement)
        for path in folder.rglob("*.py")
        if path.name != "invoice.py"  # its `page.text` draws on a PDF
        for statement in built_statements(ast.parse(path.read_text()))
    }


def test_no_statement_is_built_from_text() -> None:
    assert found_in(PRODUCT) == BUILT_FROM_CONSTANTS


def test_a_built_statement_is_found() -> None:
    for code in ('session.execute(f"DROP {name}")', 'text("SELECT " + name)', '"…"; c.execute("%s" % name)'):
        assert list(built_statements(ast.parse(code)))
    assert not list(built_statements(ast.parse('connection.execute("SELECT ?", (name,))')))
