import asyncio
from collections import Counter

import pytest
from sqlmodel import select

from sentineliq import config, db
from sentineliq.identity import accounts, passwords, sessions
from sentineliq.identity.faults import FormFault
from sentineliq.identity.messages import Fault
from sentineliq.identity.models import Session, User
from sentineliq.mail.models import MailKind
from sentineliq.workspaces.models import Role
from sentineliq.workspaces.service import list_workspaces
from tests.identity.mails import outbox
from tests.identity.people import NEW_PASSWORD, PASSWORD, cookie_of, fault_of, user_at

pytestmark = pytest.mark.usefixtures("database", "settings")


@pytest.fixture
def argon2_checks(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each Argon2 computation ran: what decides how long an answer takes."""
    counted: Counter[str] = Counter()

    def counting(name: str, real):
        def wrapper(*args):
            counted[name] += 1
            return real(*args)

        return wrapper

    for name in ("_hash", "_verify"):
        monkeypatch.setattr(passwords, name, counting(name, getattr(passwords, name)))
    return counted


async def test_signing_up_makes_an_owned_workspace_a_verification_mail_and_a_session() -> None:
    signed_in = await accounts.sign_up("  Ada@Example.com ", PASSWORD)
    member = await sessions.current_member(cookie_of(signed_in))
    assert member is not None
    assert (member.email, member.email_verified, member.role) == ("ada@example.com", False, Role.OWNER)
    [workspace] = await list_workspaces(signed_in.user_id)
    assert (workspace.id, workspace.name) == (member.workspace_id, "ada's workspace")
    [mail] = await outbox(MailKind.VERIFY_EMAIL)
    assert mail.to == "ada@example.com"
    assert mail.context["url"].startswith("http://localhost:3000/verify-email?token=")


async def test_the_password_is_kept_only_as_an_argon2_hash() -> None:
    await accounts.sign_up("ada@example.com", PASSWORD)
    stored = (await user_at("ada@example.com")).password_hash
    assert stored.startswith("$argon2id$") and PASSWORD not in stored


@pytest.mark.parametrize(
    ("email", "password", "fault"),
    [
        ("ada", PASSWORD, Fault.INVALID_EMAIL),
        ("", PASSWORD, Fault.INVALID_EMAIL),
        ("ada@example.com\r\nBcc: eve@example.com", PASSWORD, Fault.INVALID_EMAIL),
        ("ada\n@example.com", PASSWORD, Fault.INVALID_EMAIL),
        ("Ada <ada@example.com>", PASSWORD, Fault.INVALID_EMAIL),
        ("ada@example.com,eve@example.com", PASSWORD, Fault.INVALID_EMAIL),
        ("ada@example.com\x00", PASSWORD, Fault.INVALID_EMAIL),
        ("a" * 300 + "@example.com", PASSWORD, Fault.INVALID_EMAIL),
        ("ada@example.com", "nine char", Fault.WEAK_PASSWORD),
        ("ada@example.com", "x" * 129, Fault.LONG_PASSWORD),
        ("ada@example.com", "ADA@example.com", Fault.PASSWORD_IS_EMAIL),
    ],
)
async def test_what_cannot_be_an_account_is_refused(email: str, password: str, fault: Fault) -> None:
    assert await fault_of(accounts.sign_up(email, password)) is fault
    async with db.reading() as session:
        assert (await session.exec(select(User))).all() == []


async def test_two_sign_ups_at_once_make_one_account_and_the_other_is_refused() -> None:
    outcomes = await asyncio.gather(
        *(accounts.sign_up("ada@example.com", f"{PASSWORD} {number}") for number in range(4)),
        return_exceptions=True,
    )
    faults = [outcome for outcome in outcomes if isinstance(outcome, FormFault)]
    assert [fault.fault for fault in faults] == [Fault.CANNOT_SIGN_UP] * 3
    assert len(await outbox(MailKind.VERIFY_EMAIL)) == 1


async def test_signing_up_with_a_taken_address_changes_nothing(argon2_checks: Counter[str]) -> None:
    first = await accounts.sign_up("ada@example.com", PASSWORD)
    argon2_checks.clear()
    assert await fault_of(accounts.sign_up("ADA@example.com", NEW_PASSWORD)) is Fault.CANNOT_SIGN_UP
    assert sum(argon2_checks.values()) == 1  # as many as for a free address
    assert len(await list_workspaces(first.user_id)) == 1
    assert len(await outbox(MailKind.VERIFY_EMAIL)) == 1


async def test_signing_up_again_with_the_same_password_logs_in() -> None:
    first = await accounts.sign_up("ada@example.com", PASSWORD)
    again = await accounts.sign_up("ada@example.com", PASSWORD)
    assert again.user_id == first.user_id and again.cookie != first.cookie
    assert len(await list_workspaces(first.user_id)) == 1


async def test_logging_in_needs_the_right_password() -> None:
    first = await accounts.sign_up("ada@example.com", PASSWORD)
    assert (await accounts.log_in("Ada@example.com", PASSWORD)).user_id == first.user_id
    for wrong in ("", PASSWORD.upper(), PASSWORD + " ", "x" * 10_000):
        assert await fault_of(accounts.log_in("ada@example.com", wrong)) is Fault.WRONG_LOGIN


async def test_a_password_typed_on_another_keyboard_fits() -> None:
    first = await accounts.sign_up("ada@example.com", "caf\u00e9 au lait")
    assert (await accounts.log_in("ada@example.com", "cafe\u0301 au lait")).user_id == first.user_id


async def test_an_unknown_address_gets_the_same_answer_for_the_same_work(argon2_checks: Counter[str]) -> None:
    await accounts.sign_up("ada@example.com", PASSWORD)
    answers = []
    for email in ("ada@example.com", "nobody@example.com"):
        argon2_checks.clear()
        with pytest.raises(FormFault) as caught:
            await accounts.log_in(email, "not the password")
        answers.append((caught.value.fault, caught.value.field, caught.value.message, dict(argon2_checks)))
    assert answers[0] == answers[1]
    assert answers[0][3] == {"_verify": 1}


async def test_the_hash_for_nobody_costs_what_a_real_one_costs() -> None:
    real = await passwords.hash_password(PASSWORD)
    assert passwords.NOBODY.split("$")[:4] == real.split("$")[:4]
    assert len(passwords.NOBODY) == len(real)


async def test_only_a_verified_admin_address_is_staff(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ADMIN_EMAILS", "root@example.com, ada@example.com")
    config.get_settings.cache_clear()
    admin = await accounts.sign_up("ada@example.com", PASSWORD)
    other = await accounts.sign_up("eve@example.com", PASSWORD)
    assert not (await sessions.current_member(cookie_of(admin))).is_staff  # pyright: ignore[reportOptionalMemberAccess]
    for mail in await outbox(MailKind.VERIFY_EMAIL):
        whose = cookie_of(admin if mail.to == "ada@example.com" else other)
        await accounts.verify_email(mail.context["url"].partition("token=")[2], cookie_header=whose)
    assert (await sessions.current_member(cookie_of(admin))).is_staff  # pyright: ignore[reportOptionalMemberAccess]
    assert not (await sessions.current_member(cookie_of(other))).is_staff  # pyright: ignore[reportOptionalMemberAccess]


async def test_a_failed_sign_up_leaves_no_session_behind() -> None:
    await accounts.sign_up("ada@example.com", PASSWORD)
    await fault_of(accounts.sign_up("ada@example.com", NEW_PASSWORD))
    async with db.reading() as session:
        assert len((await session.exec(select(Session))).all()) == 1
