"""The sign-in pages around their forms."""

import pytest

from sentineliq.errors import AppError
from sentineliq.identity import accounts
from sentineliq.state.account import AccountState
from tests.state.conftest import Team
from tests.state.tab import open_tab, returning, send, target


async def test_a_fault_comes_back_with_what_was_typed(team: Team) -> None:
    url = "/login?error=wrong_login&field=password&email=maya%40example.com&next=%2Fpricing"
    tab = open_tab(AccountState, url=url)
    await send(tab, AccountState.load_for_strangers)
    assert tab.fault == "The email or the password is not right."
    assert (tab.fault_field, tab.typed_email) == ("password", "maya@example.com")
    assert tab.kept == "?next=%2Fpricing&email=maya%40example.com"


async def test_words_of_a_stranger_are_never_shown_as_ours(team: Team) -> None:
    tab = open_tab(AccountState, url="/login?error=Call+us+at+555&notice=You+won")
    await send(tab, AccountState.load_for_strangers)
    assert (tab.fault, tab.success) == ("", "")


async def test_who_is_logged_in_goes_on_to_the_app(team: Team) -> None:
    [sent] = await send(
        open_tab(AccountState, url="/login", cookie=team.owner), AccountState.load_for_strangers
    )
    assert target(sent) == "/workspace/billing"


async def test_a_good_link_verifies_the_address(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "verify_email", returning(None))
    tab = open_tab(AccountState, url="/verify-email?token=t")
    await send(tab, AccountState.verify)
    assert (tab.verified, tab.verify_problem) == (True, "")


async def test_a_good_link_verifies_the_address_of_whoever_is_signed_in(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "verify_email", returning(None))
    tab = open_tab(AccountState, url="/verify-email?token=t", cookie=team.owner)
    await send(tab, AccountState.verify)
    assert (tab.verified, tab.workspace_name) == (True, "Acme")


@pytest.mark.parametrize("signed_in", [True, False])
async def test_a_stale_link_says_so(team: Team, signed_in: bool) -> None:
    cookie = team.owner if signed_in else ""
    tab = open_tab(AccountState, url="/verify-email?token=stale", cookie=cookie)
    await send(tab, AccountState.verify)
    assert not tab.verified
    assert "expired" in tab.verify_problem


async def test_an_outage_does_not_leave_the_page_verifying_forever(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "verify_email", returning(OSError("database is away")))
    tab = open_tab(AccountState, url="/verify-email?token=t")
    await send(tab, AccountState.verify)
    assert tab.verify_problem == AppError.message
