"""Where someone is signed in: seen by them alone, and ended by them alone."""

import pytest
from sqlmodel import select

from sentineliq import changes, db
from sentineliq.errors import NotFound, NotSignedIn
from sentineliq.i18n import Language, speaking
from sentineliq.identity import accounts, browsers, sessions
from sentineliq.identity.models import Session, User
from sentineliq.identity.sessions import Client
from sentineliq.mail.models import MailKind
from tests.factories import make_user, make_workspace
from tests.identity.mails import mailed_token

pytestmark = pytest.mark.usefixtures("settings")

LAPTOP = Client(origin="203.0.113.7", user_agent="Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
PHONE = Client(
    origin="198.51.100.4",
    user_agent="Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1",
)


async def _header(user: User, client: Client = LAPTOP) -> str:
    return f"{sessions.SESSION_COOKIE}={await sessions.start_session(user.id, client)}"


@pytest.fixture
async def person(database: db.Database) -> User:
    user = await make_user()
    await make_workspace(owner=user)
    return user


async def test_ones_own_browsers_are_listed_in_words_this_one_first(person: User) -> None:
    laptop = await _header(person)
    await _header(person, PHONE)
    await _header(await make_user())
    listed = await browsers.list_browsers(laptop)
    assert [(each.name, each.origin, each.is_this) for each in listed] == [
        ("Firefox on Linux", "203.0.113.7", True),
        ("Safari on iPhone", "198.51.100.4", False),
    ]


async def test_another_browser_can_be_signed_out_and_is_told(
    person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(changes, "announce", told.append)
    laptop, phone = await _header(person), await _header(person, PHONE)
    [_, other] = await browsers.list_browsers(laptop)
    await browsers.sign_out(laptop, session_id=other.session_id)
    assert await sessions.current_user(phone) is None
    assert await sessions.current_user(laptop)
    assert len(told) == 1
    with pytest.raises(NotFound):
        await browsers.sign_out(laptop, session_id=other.session_id)


async def test_signing_out_elsewhere_leaves_this_browser_and_other_people(person: User) -> None:
    stranger = await _header(await make_user())
    laptop, phone = await _header(person), await _header(person, PHONE)
    await browsers.sign_out_elsewhere(laptop)
    assert await sessions.current_user(phone) is None
    assert await sessions.current_user(laptop)
    assert await sessions.current_user(stranger)


async def test_nobody_ends_another_persons_session(person: User) -> None:
    victim = await make_user()
    theirs = await _header(victim)
    session_id = sessions.session_id_of(theirs) or ""
    with pytest.raises(NotFound):
        await browsers.sign_out(await _header(person), session_id=session_id)
    assert await sessions.current_user(theirs)


async def test_an_ended_session_neither_sees_nor_ends_anything(person: User) -> None:
    gone, other = await _header(person), await _header(person, PHONE)
    await sessions.revoke_session(gone)
    session_id = sessions.session_id_of(other) or ""
    for refused in (
        browsers.list_browsers(gone),
        browsers.sign_out(gone, session_id=session_id),
        browsers.sign_out_elsewhere(gone),
        browsers.list_browsers(""),
    ):
        with pytest.raises(NotSignedIn):
            await refused
    assert await sessions.current_user(other)


async def test_verifying_the_address_ends_every_session_but_the_one_that_did(database: db.Database) -> None:
    here = await accounts.sign_up("ada@example.com", "correct horse battery", client=LAPTOP)
    there = await accounts.log_in("ada@example.com", "correct horse battery", client=PHONE)
    mine, theirs = (f"{sessions.SESSION_COOKIE}={each.cookie}" for each in (here, there))
    token = await mailed_token(MailKind.VERIFY_EMAIL)
    await accounts.verify_email(token, cookie_header=mine)
    assert await sessions.current_user(mine)
    assert await sessions.current_user(theirs) is None


async def test_following_the_link_again_ends_nothing(database: db.Database) -> None:
    signed_in = await accounts.sign_up("ada@example.com", "correct horse battery")
    mine = f"{sessions.SESSION_COOKIE}={signed_in.cookie}"
    token = await mailed_token(MailKind.VERIFY_EMAIL)
    await accounts.verify_email(token, cookie_header=mine)
    await accounts.verify_email(token)
    assert await sessions.current_user(mine)


async def test_a_browser_of_endless_name_is_kept_short(person: User) -> None:
    await _header(person, Client(user_agent="x" * 5000))
    async with db.reading() as session:
        [row] = (await session.exec(select(Session))).all()
    assert len(row.user_agent or "") == sessions.USER_AGENT_KEPT


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (None, "Unknown browser"),
        ("<script>alert(1)</script>", "Unknown browser"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/141.0 Safari/537.36 Edg/141.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.1 Safari/605.1", "Safari on macOS"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/141.0 Mobile Safari/537.36", "Chrome on Android"),
    ],
)
def test_a_browser_is_named_as_people_call_it(said: str | None, name: str) -> None:
    assert browsers.name_of(said) == name


@pytest.mark.parametrize(
    ("said", "name"), [(None, "Navegador desconhecido"), (LAPTOP.user_agent, "Firefox no Linux")]
)
def test_a_browser_is_named_in_the_reader_s_language(said: str | None, name: str) -> None:
    with speaking(Language.PORTUGUESE):
        assert browsers.name_of(said) == name
