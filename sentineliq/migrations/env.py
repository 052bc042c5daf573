"""Alembic runs this for every command, with the connection that `sentineliq.migrations` hands over."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from sqlalchemy.types import TypeDecorator

from sentineliq.migrations import models


def plain_type(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """A migration names SQL's own types: it must read the same when the models have moved on."""
    if kind == "type" and isinstance(item, TypeDecorator):
        item = item.impl
    if kind == "type" and isinstance(item, sa.Enum | sa.String) and not isinstance(item, sa.Text):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    if kind == "type" and isinstance(item, sa.DateTime):
        return f"sa.DateTime(timezone={item.timezone})"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=models(),
    compare_type=True,
    render_as_batch=True,
    render_item=plain_type,
)
with context.begin_transaction():
    context.run_migrations()
