"""People and their sessions."""

from datetime import datetime
from uuid import uuid4

from sqlmodel import Field, SQLModel

from ..db import now


class User(SQLModel, table=True):
    """A person who can log in. Staff are those whose address is in ADMIN_EMAILS and verified."""

    __tablename__ = "users"  # pyright: ignore[reportAssignmentType]

    id: str = Field(default_factory=lambda: uuid4().hex, primary_key=True, max_length=32)
    email: str = Field(max_length=320, unique=True, description="lower case")
    password_hash: str = Field(max_length=255)
    email_verified_at: datetime | None = None
    locale: str | None = Field(default=None, max_length=16, description="chosen language, else the browser's")
    created_at: datetime = Field(default_factory=now)


class Session(SQLModel, table=True):
    """A signed-in browser. The cookie carries this id inside a signed token; the row can be revoked."""

    __tablename__ = "sessions"  # pyright: ignore[reportAssignmentType]

    id: str = Field(default_factory=lambda: uuid4().hex, primary_key=True, max_length=32)
    user_id: str = Field(foreign_key="users.id", index=True)
    workspace_id: str | None = Field(default=None, foreign_key="workspaces.id", description="the chosen one")
    created_at: datetime = Field(default_factory=now)
    last_seen_at: datetime = Field(default_factory=now)
    expires_at: datetime
    user_agent: str | None = Field(default=None, max_length=255, description="as the browser called itself")
    origin: str | None = Field(
        default=None, max_length=64, description="address of the client that signed in"
    )
    revoked_at: datetime | None = None
