"""The account page: one's own browsers, and nobody else's."""

from sentineliq.identity import accounts, sessions
from sentineliq.mail.models import MailKind
from sentineliq.state.browsers import BrowsersState
from tests.factories import make_user
from tests.identity.mails import mailed_token, outbox
from tests.state.conftest import Team
from tests.state.tab import cookie_of, open_tab, send, target


async def test_a_stranger_is_sent_to_log_in(team: Team) -> None:
    [sent] = await send(open_tab(BrowsersState, url="/account"), BrowsersState.load)
    assert target(sent) == "/login?next=%2Faccount"


async def test_signing_out_elsewhere_leaves_this_browser_alone_on_the_page(team: Team) -> None:
    other = await cookie_of(team.owner_id)
    tab = open_tab(BrowsersState, url="/account", cookie=team.owner)
    await send(tab, BrowsersState.load)
    assert [row.is_this for row in tab.rows] == [True, False]
    await send(tab, BrowsersState.sign_out_elsewhere)
    assert [row.is_this for row in tab.rows] == [True]
    assert not tab.has_others and not tab.problem
    assert await sessions.current_user(other) is None


async def test_another_persons_browser_cannot_be_signed_out_from_here(team: Team) -> None:
    tab = open_tab(BrowsersState, url="/account", cookie=team.member)
    await send(tab, BrowsersState.sign_out, sessions.session_id_of(team.owner))
    assert tab.problem == "There is nothing here."
    assert await sessions.current_user(team.owner)


async def test_a_lapsed_verification_is_mailed_again_from_the_account_page(team: Team) -> None:
    stranger = await make_user(email="new@example.com")
    cookie = await cookie_of(stranger.id)
    tab = open_tab(BrowsersState, url="/account", cookie=cookie)
    await send(tab, BrowsersState.load)
    assert not tab.email_verified
    await send(tab, BrowsersState.resend_verification)
    assert (tab.notice, tab.resending) == ("A new link is on its way to new@example.com.", False)
    [mail] = await outbox(MailKind.VERIFY_EMAIL)
    assert mail.to == "new@example.com"
    await accounts.verify_email(await mailed_token(MailKind.VERIFY_EMAIL), cookie_header=cookie)
    await tab._refresh()
    assert tab.email_verified


async def test_a_browser_that_was_signed_out_is_led_to_log_in(team: Team) -> None:
    tab = open_tab(BrowsersState, url="/account", cookie=team.owner)
    await send(tab, BrowsersState.load)
    await sessions.revoke_session(team.owner)
    assert target(await tab._refresh()) == "/login?next=%2Faccount"
