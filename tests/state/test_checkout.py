"""The return page says what our records say, never what its address says."""

from contextlib import nullcontext

import pytest

from sentineliq.billing import operations
from sentineliq.billing.views import CheckoutProgress
from sentineliq.state import checkout
from sentineliq.state.checkout import CheckoutState
from tests.state.conftest import Team
from tests.state.tab import open_tab, returning, send, target

RETURN = "/checkout?success=true&session_id=cs_1"


async def test_a_stranger_is_led_to_log_in_and_back(team: Team) -> None:
    [sent] = await send(open_tab(CheckoutState, url=RETURN), CheckoutState.load)
    assert target(sent) == "/login?next=%2Fcheckout%3Fsuccess%3Dtrue%26session_id%3Dcs_1"


@pytest.mark.parametrize("url", [RETURN, "/checkout?success=true", "/checkout"])
async def test_an_address_opened_by_hand_is_no_payment(team: Team, url: str) -> None:
    tab = open_tab(CheckoutState, url=url, cookie=team.owner)
    assert await send(tab, CheckoutState.load) == []
    assert tab.phase == "unknown"


async def test_a_canceled_checkout_says_so(team: Team) -> None:
    tab = open_tab(CheckoutState, url="/checkout?canceled=true", cookie=team.owner)
    assert await send(tab, CheckoutState.load) == []
    assert tab.phase == "canceled"


async def test_an_open_checkout_is_looked_after(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "get_checkout_progress", returning(CheckoutProgress.CONFIRMING))
    tab = open_tab(CheckoutState, url=RETURN, cookie=team.owner)
    assert await send(tab, CheckoutState.load) == [CheckoutState.keep_looking]
    assert tab.phase == "confirming"


async def test_the_webhooks_push_turns_the_page(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "get_checkout_progress", returning(CheckoutProgress.CONFIRMING))
    tab = open_tab(CheckoutState, url=RETURN, cookie=team.owner)
    await send(tab, CheckoutState.load)
    monkeypatch.setattr(operations, "get_checkout_progress", returning(CheckoutProgress.SUCCESSFUL))
    await tab._refresh()
    assert tab.phase == "successful"


@pytest.mark.parametrize(
    ("before", "answer"),
    [
        (CheckoutProgress.PROCESSING, CheckoutProgress.FAILED),
        (CheckoutProgress.PROCESSING, CheckoutProgress.SUCCESSFUL),
        (CheckoutProgress.EXPIRED, CheckoutProgress.SUCCESSFUL),
    ],
)
async def test_the_banks_answer_turns_the_page_though_nobody_looks_again_for_it(
    team: Team, monkeypatch: pytest.MonkeyPatch, before: CheckoutProgress, answer: CheckoutProgress
) -> None:
    monkeypatch.setattr(operations, "get_checkout_progress", returning(before))
    tab = open_tab(CheckoutState, url=RETURN, cookie=team.owner)
    assert await send(tab, CheckoutState.load) == []
    assert tab.phase == before.value
    monkeypatch.setattr(operations, "get_checkout_progress", returning(answer))
    await tab._refresh()
    assert tab.phase == answer.value


@pytest.fixture
def in_background(monkeypatch: pytest.MonkeyPatch) -> None:
    """The background task without its lock and its waiting."""
    monkeypatch.setattr(CheckoutState, "__aenter__", lambda _self: nullcontext().__aenter__())
    monkeypatch.setattr(CheckoutState, "__aexit__", lambda *_: nullcontext().__aexit__())
    monkeypatch.setattr(checkout, "POLL_SECONDS", 0)


@pytest.mark.usefixtures("in_background")
async def test_stripe_itself_is_asked_once_the_webhook_is_late(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    polls: list[str] = []

    async def progress(**_: object) -> CheckoutProgress:
        polls.append("records")
        return CheckoutProgress.CONFIRMING

    async def confirm(**_: object) -> CheckoutProgress:
        polls.append("stripe")
        return CheckoutProgress.SUCCESSFUL

    monkeypatch.setattr(operations, "get_checkout_progress", progress)
    monkeypatch.setattr(operations, "confirm_checkout", confirm)
    tab = open_tab(CheckoutState, url=RETURN, cookie=team.owner)
    await send(tab, CheckoutState.load)
    await CheckoutState.keep_looking.fn(tab)
    assert tab.phase == "successful"
    assert polls == ["records"] * checkout.POLLS_BEFORE_ASKING_STRIPE + ["stripe"]


@pytest.mark.usefixtures("in_background")
async def test_an_outage_of_stripe_keeps_the_page_waiting(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkout, "POLLS_IN_ALL", checkout.POLLS_BEFORE_ASKING_STRIPE + 1)
    monkeypatch.setattr(operations, "get_checkout_progress", returning(CheckoutProgress.CONFIRMING))
    monkeypatch.setattr(operations, "confirm_checkout", returning(RuntimeError("down")))
    tab = open_tab(CheckoutState, url=RETURN, cookie=team.owner)
    await send(tab, CheckoutState.load)
    await CheckoutState.keep_looking.fn(tab)
    assert (tab.phase, tab.slow, tab.problem) == ("confirming", True, "")
