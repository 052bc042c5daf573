"""Each reader's language: of the account, else of the browser, asked again in every event."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from sentineliq import db
from sentineliq.activity.models import Notification, NotificationKind
from sentineliq.activity.notifications import notify
from sentineliq.billing import operations
from sentineliq.i18n import Money, Phrase
from sentineliq.identity.models import User
from sentineliq.state.account import AccountState
from sentineliq.state.audit import AuditState
from sentineliq.state.billing import BillingState
from sentineliq.state.browsers import BrowsersState
from sentineliq.state.invitation import InvitationState
from sentineliq.state.members import MembersState
from sentineliq.state.notifications import NotificationsState
from sentineliq.state.pricing import PricingState
from sentineliq.state.session import SessionState
from sentineliq.state.workspaces import SwitcherState, WorkspacesState
from tests.state.conftest import Team
from tests.state.tab import cookie_of, open_tab, returning, send
from tests.state.test_pricing import PlanAction, cards

BRAZIL = "pt-BR,pt;q=0.9,en;q=0.8"
FULL = "O plano Gratuito inclui 1 espaço de trabalho. Mude para o Hobby para ter 3 espaços de trabalho."
NOTHING = "Não há nada aqui."
AT_FIRST: list[tuple[type[SessionState], str, str, tuple[object, ...], str]] = [
    (WorkspacesState, "/workspaces", "create", ({"new_name": "Another"},), FULL),
    (SwitcherState, "/workspaces", "choose", ("unknown",), NOTHING),
    (BrowsersState, "/account", "sign_out", ("unknown",), NOTHING),
    (InvitationState, "/invitation?token=x", "accept", (), "Este convite não é mais válido. Peça um novo."),
]
"""Events that are refused before they have asked who is here, and the refusal."""


async def choose(user_id: str, locale: str | None) -> None:
    async with db.transaction() as session:
        await session.exec(update(User).where(col(User.id) == user_id).values(locale=locale))


async def test_a_stranger_is_answered_as_the_browser_asks(database: db.Database) -> None:
    tab = open_tab(SessionState, url="/", languages=BRAZIL)
    await send(tab, SessionState.open_page)
    assert tab.language == "pt_BR"
    tab = open_tab(SessionState, url="/", languages=BRAZIL, cookie="language=en")
    await send(tab, SessionState.open_page)
    assert tab.language == "en"


async def test_the_account_s_choice_counts_from_the_next_event(team: Team) -> None:
    tab = open_tab(SessionState, url="/", cookie=team.owner, languages="en")
    await send(tab, SessionState.open_page)
    assert tab.language == "en"
    await choose(team.owner_id, "pt_BR")
    await send(tab, SessionState.open_page)
    assert tab.language == "pt_BR"
    await choose(team.owner_id, None)
    await send(tab, SessionState.open_page)
    assert tab.language == "en"


async def test_another_s_choice_changes_nothing_for_this_reader(team: Team) -> None:
    await choose(team.owner_id, "pt_BR")
    tab = open_tab(SessionState, url="/", cookie=team.member, languages="en")
    await send(tab, SessionState.open_page)
    assert tab.language == "en"


async def test_who_belongs_to_no_workspace_still_has_a_language(team: Team) -> None:
    async with db.transaction() as session:
        user = User(email="alone@example.com", password_hash="unusable", locale="pt_BR")
        session.add(user)
    tab = open_tab(WorkspacesState, url="/workspaces", cookie=await cookie_of(user.id), languages="en")
    await send(tab, WorkspacesState.load)
    assert tab.language == "pt_BR"


async def test_a_page_goes_on_in_its_language_when_its_reader_leaves(team: Team) -> None:
    tab = open_tab(SessionState, url="/", cookie=team.owner, languages=BRAZIL)
    await send(tab, SessionState.open_page)
    await send(tab, SessionState.forget)
    assert (tab.language, tab.email) == ("pt_BR", "")


async def test_refusals_and_notices_are_in_the_reader_s_language(team: Team) -> None:
    tab = open_tab(MembersState, url="/workspace/members", cookie=team.member, languages=BRAZIL)
    await send(tab, MembersState.load)
    await send(tab, MembersState.invite, {"email": "new@example.com"})
    assert tab.problem == "Sua função neste espaço de trabalho não permite isso."
    tab = open_tab(MembersState, url="/workspace/members", cookie=team.owner, languages=BRAZIL)
    await send(tab, MembersState.load)
    await send(tab, MembersState.invite, {"email": "new@example.com"})
    assert tab.notice == "Um convite está a caminho de new@example.com."
    assert tab.places == "3 de 3 lugares ocupados"
    await send(tab, MembersState.invite, {"email": "more@example.com"})
    assert tab.problem == "O plano Gratuito inclui 3 membros. Mude para o Hobby para ter 10 membros."


async def click(tab: SessionState, event: Any, *arguments: object) -> None:
    """As the app does it: each event in a task of its own, which knows nothing of the one before."""
    await asyncio.create_task(send(tab, event, *arguments))


@pytest.mark.parametrize("chosen_by", ["browser", "account"])
@pytest.mark.parametrize(("state", "url", "event", "arguments", "refusal"), AT_FIRST)
async def test_a_refusal_before_anyone_was_asked_for_is_in_the_page_s_language(
    team: Team,
    state: type[SessionState],
    url: str,
    event: str,
    arguments: tuple[object, ...],
    refusal: str,
    chosen_by: str,
) -> None:
    if chosen_by == "account":
        await choose(team.owner_id, "pt_BR")
    asked = BRAZIL if chosen_by == "browser" else "en"
    tab = open_tab(state, url=url, cookie=team.owner, languages=asked)
    await click(tab, SessionState.open_page)
    await click(tab, state.event_handlers[event], *arguments)
    assert tab.problem == refusal


async def test_a_notice_of_what_the_cookie_alone_decides_is_in_the_page_s_language(team: Team) -> None:
    tab = open_tab(BrowsersState, url="/account", cookie=team.owner, languages=BRAZIL)
    await click(tab, BrowsersState.load)
    await click(tab, BrowsersState.sign_out_elsewhere)
    assert tab.notice == "Todas as suas outras sessões foram encerradas."


async def test_an_event_before_the_page_s_load_is_answered_as_the_browser_asks(team: Team) -> None:
    tab = open_tab(BrowsersState, url="/account", cookie=team.owner, languages=BRAZIL)
    await click(tab, BrowsersState.sign_out, "unknown")
    assert tab.problem == NOTHING


async def test_an_unexpected_failure_is_told_in_the_reader_s_language(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sentineliq.state.session.current_visitor", returning(RuntimeError()))
    tab = open_tab(SessionState, url="/", cookie=team.owner, languages=BRAZIL)
    await send(tab, SessionState.open_page)
    assert tab.problem == "Algo deu errado. Tente novamente."


async def test_a_form_s_fault_is_told_in_the_reader_s_language(database: db.Database) -> None:
    tab = open_tab(AccountState, url="/login?error=wrong_login&field=password", languages=BRAZIL)
    await send(tab, AccountState.load)
    assert tab.fault == "O e-mail ou a senha está incorreto."
    await send(tab, AccountState.verify)
    assert tab.verify_problem == "Este link expirou ou já foi usado. Peça um novo."


async def test_prices_and_buttons_are_in_the_reader_s_language(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "list_plan_cards", returning(cards(PlanAction.BUY)))
    tab = open_tab(PricingState, url="/pricing", cookie=team.owner, languages=BRAZIL)
    await send(tab, PricingState.load)
    offer = tab.offers["hobby"]
    assert (offer.price, offer.interval, offer.label) == ("US$\xa09,99", "por mês", "Comprar plano")


async def test_billing_is_in_the_reader_s_language(team: Team) -> None:
    tab = open_tab(BillingState, url="/workspace/billing", cookie=team.owner, languages=BRAZIL)
    await send(tab, BillingState.load)
    assert (tab.plan_name, tab.status_label) == ("Gratuito", "Gratuito")
    assert [row.label for row in tab.usage] == [
        "Membros",
        "Espaços de trabalho",
        "Alertas neste mês",
        "Armazenamento",
        "Registro de auditoria",
    ]
    assert [row.summary for row in tab.audit] == ["Espaço de trabalho criado"]


async def test_the_audit_log_is_in_the_reader_s_language(team: Team) -> None:
    tab = open_tab(AuditState, url="/workspace/audit", cookie=team.owner, languages=BRAZIL)
    await send(tab, AuditState.load)
    assert tab.rows[-1].summary == "Espaço de trabalho criado"
    assert [change.field for change in tab.rows[-1].changes] == ["Nome", "Proprietário"]
    assert tab.kept_for == "Seu plano mostra os últimos 30 dias."


async def test_a_notification_is_read_by_each_in_their_own_language(team: Team) -> None:
    async with db.transaction() as session:
        await notify(
            session,
            user_ids=[team.owner_id],
            workspace_id=team.workspace.id,
            kind=NotificationKind.PAYMENT_FAILED,
            about="payment_failed:in_1",
            title=Phrase("Payment of {amount} failed", {"amount": Money(999, "usd")}),
            body=Phrase("Update the payment method to keep the plan."),
        )
    expected = {
        "en": ("Payment of $9.99 failed", "Update the payment method to keep the plan."),
        BRAZIL: (
            "Falha no pagamento de US$\xa09,99",
            "Atualize a forma de pagamento para manter o plano.",
        ),
    }
    for languages, words in expected.items():
        tab = open_tab(NotificationsState, url="/notifications", cookie=team.owner, languages=languages)
        await send(tab, NotificationsState.load)
        assert [(entry.title, entry.body) for entry in tab.entries] == [words]


async def test_a_notification_older_than_languages_stays_as_it_was_written(team: Team) -> None:
    async with db.transaction() as session:
        session.add(
            Notification(
                user_id=team.owner_id,
                workspace_id=team.workspace.id,
                kind=NotificationKind.CREDITS_ADDED,
                about="old",
                title="10 credits added",
                created_at=datetime(2026, 1, 1, tzinfo=UTC),
            )
        )
    tab = open_tab(NotificationsState, url="/notifications", cookie=team.owner, languages=BRAZIL)
    await send(tab, NotificationsState.load)
    assert [(entry.title, entry.body) for entry in tab.entries] == [("10 credits added", "")]
    assert tab.entries[0].at == "01/01/2026, 00:00 UTC"
