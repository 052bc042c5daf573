"""Reading a workspace's whole record without a session around it."""

from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlmodel import col

from .. import reads
from .models import Workspace

COLUMNS = tuple(col(getattr(Workspace, name)) for name in Workspace.model_fields)
_BY_ID = select(*COLUMNS).where(col(Workspace.id) == bindparam("id"))


async def read_workspace(workspace_id: str) -> Workspace | None:
    """The record as it is now: a copy, so what is changed on it is kept nowhere."""
    found = await reads.rows(_BY_ID, {"id": workspace_id})
    return record_of(found[0]) if found else None


def record_of(row: Row[Any]) -> Workspace:
    """The record of a row that has `COLUMNS`, whatever else it has."""
    return Workspace(**{name: getattr(row, name) for name in Workspace.model_fields})
