from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import Engine, event
from sqlmodel import col, select, update

from sentineliq import changes, config, db
from sentineliq.identity import sessions
from sentineliq.identity.models import Session
from sentineliq.identity.tokens import TokenPurpose, issue_token
from sentineliq.workspaces.models import Membership, Role
from tests.factories import make_member, make_user, make_workspace

pytestmark = pytest.mark.usefixtures("settings")


def _header(value: str) -> str:
    return f"{sessions.SESSION_COOKIE}={value}"


@contextmanager
def _statements() -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    seen: list[str] = []

    def note(_connection, _cursor, statement: str, *_rest) -> None:
        seen.append(statement.split(maxsplit=1)[0].upper())

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def test_the_member_is_found_with_one_query(database: db.Database) -> None:
    owner = await make_user(verified=True)
    workspace = await make_workspace(name="Acme", owner=owner)
    header = _header(await sessions.start_session(owner.id))
    await sessions.current_member(header)
    with _statements() as statements:
        member = await sessions.current_member(header)
    assert [statement for statement in statements if statement != "BEGIN"] == ["SELECT"]
    assert member is not None
    assert (member.user_id, member.workspace_id, member.workspace_name) == (owner.id, workspace.id, "Acme")
    assert (member.role, member.email_verified, member.is_staff) == (Role.OWNER, True, False)


async def test_the_chosen_workspace_wins_then_the_one_joined_first(database: db.Database) -> None:
    person = await make_user()
    first, second = await make_workspace(owner=person), await make_workspace(owner=person)
    header = _header(await sessions.start_session(person.id))
    assert (await sessions.current_member(header)).workspace_id == first.id  # pyright: ignore[reportOptionalMemberAccess]
    async with db.transaction() as session:
        await session.exec(update(Session).values(workspace_id=second.id))
    assert (await sessions.current_member(header)).workspace_id == second.id  # pyright: ignore[reportOptionalMemberAccess]


async def test_who_is_removed_from_a_workspace_loses_it_at_once(database: db.Database) -> None:
    workspace = await make_workspace()
    person = await make_member(workspace)
    header = _header(await sessions.start_session(person.id))
    assert await sessions.current_member(header)
    async with db.transaction() as session:
        membership = await session.get(Membership, (workspace.id, person.id))
        await session.delete(membership)
    assert await sessions.current_member(header) is None
    assert (await sessions.current_user(header)).id == person.id  # pyright: ignore[reportOptionalMemberAccess]


async def test_a_revoked_session_is_over_and_others_stay(
    database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(changes, "announce", told.append)
    person = await make_user()
    workspace = await make_workspace(owner=person)
    here, there = [_header(await sessions.start_session(person.id)) for _ in range(2)]
    await sessions.revoke_session(here)
    await sessions.revoke_session(here)
    assert told == [workspace.id]
    assert await sessions.current_member(here) is None and await sessions.current_user(here) is None
    assert await sessions.current_member(there)


@pytest.mark.parametrize(
    ("later", "alive"),
    [(timedelta(days=13, hours=23), True), (timedelta(days=14, minutes=1), False)],
)
async def test_a_session_idles_out_after_two_weeks(
    database: db.Database, later: timedelta, alive: bool
) -> None:
    person = await make_user()
    await make_workspace(owner=person)
    header = _header(await sessions.start_session(person.id))
    with time_machine.travel(db.now() + later, tick=True):
        assert (await sessions.current_member(header) is not None) is alive


async def test_use_keeps_a_session_alive_but_not_beyond_thirty_days(database: db.Database) -> None:
    person = await make_user()
    await make_workspace(owner=person)
    header = _header(await sessions.start_session(person.id))
    start = db.now()
    for days, alive in ((10, True), (20, True), (29, True), (31, False)):
        with time_machine.travel(start + timedelta(days=days), tick=True):
            assert (await sessions.current_member(header) is not None) is alive


async def test_being_seen_is_noted_only_every_few_minutes(database: db.Database) -> None:
    person = await make_user()
    await make_workspace(owner=person)
    header = _header(await sessions.start_session(person.id))
    writes = []
    for minutes in (1, 4, 6, 7, 12):
        with time_machine.travel(db.now() + timedelta(minutes=minutes)), _statements() as statements:
            await sessions.current_member(header)
        writes.append("UPDATE" in statements)
    assert writes == [False, False, True, False, True]


async def test_a_failure_to_note_it_does_not_sign_anyone_out(
    database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await make_user()
    await make_workspace(owner=person)
    header = _header(await sessions.start_session(person.id))

    def broken():
        raise OSError("the disk is full")

    monkeypatch.setattr(sessions.db, "transaction", broken)
    with time_machine.travel(db.now() + timedelta(hours=1), tick=True):
        assert await sessions.current_member(header)


async def test_signing_in_clears_away_what_has_expired(database: db.Database) -> None:
    person = await make_user()
    await sessions.start_session(person.id)
    with time_machine.travel(db.now() + timedelta(days=31), tick=True):
        await sessions.start_session(person.id)
    async with db.reading() as session:
        assert len((await session.exec(select(Session).where(col(Session.user_id) == person.id))).all()) == 1


@pytest.mark.parametrize(
    "header",
    [
        "",
        "sentineliq_session=",
        "sentineliq_session=garbage",
        "sentineliq_session=a.b.c",
        ";;=;sentineliq_session",
        "other=1; sentineliq_sessions=x",
        "sentineliq_session=eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.",
        "sentineliq_session=\x00é",
    ],
)
async def test_a_strange_cookie_is_nobody(database: db.Database, header: str) -> None:
    assert await sessions.current_member(header) is None
    assert await sessions.current_user(header) is None
    await sessions.revoke_session(header)


async def test_a_cookie_signed_with_another_secret_is_nobody(
    database: db.Database, environment: pytest.MonkeyPatch
) -> None:
    person = await make_user()
    await make_workspace(owner=person)
    header = _header(await sessions.start_session(person.id))
    environment.setenv("JWT_SECRET", "another-secret-of-the-tests-with-enough-letters")
    config.get_settings.cache_clear()
    assert await sessions.current_member(header) is None


async def test_a_user_id_in_a_session_token_is_no_session(database: db.Database) -> None:
    person = await make_user()
    await make_workspace(owner=person)
    forged = issue_token(TokenPurpose.SESSION, subject=person.id, expires_at=db.now() + timedelta(days=1))
    assert await sessions.current_member(_header(forged)) is None
