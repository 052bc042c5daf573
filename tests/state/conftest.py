"""People with a workspace, on a database of either kind."""

from dataclasses import dataclass

import pytest

from sentineliq import config, db
from sentineliq.workspaces.models import Workspace
from tests.factories import make_member, make_user, make_workspace
from tests.state.tab import cookie_of


@dataclass(frozen=True)
class Team:
    """A workspace with an owner and a plain member, each logged in on a browser."""

    workspace: Workspace
    owner_id: str
    owner: str
    member: str


@pytest.fixture
async def team(database: db.Database, settings: config.Settings) -> Team:
    owner = await make_user(email="owner@example.com")
    workspace = await make_workspace(name="Acme", owner=owner)
    member = await make_member(workspace)
    return Team(workspace, owner.id, owner=await cookie_of(owner.id), member=await cookie_of(member.id))
