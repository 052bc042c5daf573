import asyncio
from datetime import timedelta

import pytest
import time_machine

from sentineliq import db
from sentineliq.errors import TooManyAttempts
from sentineliq.identity import accounts, sessions
from sentineliq.identity.faults import FormFault
from sentineliq.identity.messages import Fault
from sentineliq.mail.models import MailKind
from tests.identity.mails import mailed_token, outbox
from tests.identity.people import NEW_PASSWORD, PASSWORD, cookie_of, fault_of, user_at

pytestmark = pytest.mark.usefixtures("database", "settings")


async def test_a_reset_link_works_once_and_signs_out_everywhere() -> None:
    signed_in = await accounts.sign_up("ada@example.com", PASSWORD)
    await accounts.request_password_reset("Ada@Example.com")
    token = await mailed_token(MailKind.PASSWORD_RESET)
    await accounts.reset_password(token, NEW_PASSWORD)
    assert await sessions.current_member(cookie_of(signed_in)) is None
    assert await fault_of(accounts.log_in("ada@example.com", PASSWORD)) is Fault.WRONG_LOGIN
    assert await accounts.log_in("ada@example.com", NEW_PASSWORD)
    assert await fault_of(accounts.reset_password(token, "another password")) is Fault.LINK_EXPIRED
    assert (await user_at("ada@example.com")).email_verified_at is not None


async def test_of_two_uses_of_a_reset_link_at_once_one_wins() -> None:
    await accounts.sign_up("ada@example.com", PASSWORD)
    await accounts.request_password_reset("ada@example.com")
    token = await mailed_token(MailKind.PASSWORD_RESET)
    outcomes = await asyncio.gather(
        *(accounts.reset_password(token, f"{NEW_PASSWORD} {number}") for number in range(3)),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes].count(FormFault) == 2
    works = [
        number
        for number, outcome in enumerate(outcomes)
        if outcome is None and await accounts.log_in("ada@example.com", f"{NEW_PASSWORD} {number}")
    ]
    assert len(works) == 1


async def test_an_older_reset_link_ends_with_the_change_of_the_password() -> None:
    await accounts.sign_up("ada@example.com", PASSWORD)
    await accounts.request_password_reset("ada@example.com")
    older = await mailed_token(MailKind.PASSWORD_RESET)
    await accounts.request_password_reset("ada@example.com")
    await accounts.reset_password(await mailed_token(MailKind.PASSWORD_RESET), NEW_PASSWORD)
    assert await fault_of(accounts.reset_password(older, "another password")) is Fault.LINK_EXPIRED


async def test_a_reset_link_expires_after_an_hour() -> None:
    await accounts.sign_up("ada@example.com", PASSWORD)
    await accounts.request_password_reset("ada@example.com")
    token = await mailed_token(MailKind.PASSWORD_RESET)
    with time_machine.travel(db.now() + timedelta(minutes=61), tick=True):
        assert await fault_of(accounts.reset_password(token, NEW_PASSWORD)) is Fault.LINK_EXPIRED


async def test_a_refused_new_password_leaves_the_link_usable() -> None:
    await accounts.sign_up("ada@example.com", PASSWORD)
    await accounts.request_password_reset("ada@example.com")
    token = await mailed_token(MailKind.PASSWORD_RESET)
    assert await fault_of(accounts.reset_password(token, "short")) is Fault.WEAK_PASSWORD
    assert await fault_of(accounts.reset_password(token, "ada@example.com")) is Fault.PASSWORD_IS_EMAIL
    await accounts.reset_password(token, NEW_PASSWORD)


async def test_a_link_for_one_thing_opens_nothing_else() -> None:
    signed_in = await accounts.sign_up("ada@example.com", PASSWORD)
    await accounts.request_password_reset("ada@example.com")
    verification = await mailed_token(MailKind.VERIFY_EMAIL)
    reset = await mailed_token(MailKind.PASSWORD_RESET)
    assert await fault_of(accounts.reset_password(verification, NEW_PASSWORD)) is Fault.LINK_EXPIRED
    assert await fault_of(accounts.reset_password(signed_in.cookie, NEW_PASSWORD)) is Fault.LINK_EXPIRED
    assert await fault_of(accounts.verify_email(reset)) is Fault.LINK_EXPIRED
    for token in (verification, reset):
        assert await sessions.current_user(f"{sessions.SESSION_COOKIE}={token}") is None


async def test_a_reset_for_an_unknown_address_says_and_mails_nothing() -> None:
    assert await accounts.request_password_reset("nobody@example.com") is None
    assert await outbox(MailKind.PASSWORD_RESET) == []


async def test_following_the_verification_link_verifies_the_address_also_twice() -> None:
    await accounts.sign_up("ada@example.com", PASSWORD)
    token = await mailed_token(MailKind.VERIFY_EMAIL)
    await accounts.verify_email(token)
    first = (await user_at("ada@example.com")).email_verified_at
    await accounts.verify_email(token)
    assert first is not None and (await user_at("ada@example.com")).email_verified_at == first


async def test_a_verification_link_is_of_its_address_and_its_time_only() -> None:
    await accounts.sign_up("ada@example.com", PASSWORD)
    token = await mailed_token(MailKind.VERIFY_EMAIL)
    with time_machine.travel(db.now() + timedelta(hours=49), tick=True):
        assert await fault_of(accounts.verify_email(token)) is Fault.LINK_EXPIRED
    user = await user_at("ada@example.com")
    user.email = "ada@elsewhere.example"
    async with db.transaction() as session:
        await session.merge(user)
    assert await fault_of(accounts.verify_email(token)) is Fault.LINK_EXPIRED
    for broken in ("", "x.y.z", token[:-2]):
        assert await fault_of(accounts.verify_email(broken)) is Fault.LINK_EXPIRED


async def test_a_verification_can_be_mailed_again_a_few_times_and_only_while_needed() -> None:
    cookie = cookie_of(await accounts.sign_up("ada@example.com", PASSWORD))
    for _ in range(5):
        await accounts.resend_verification(cookie)
    with pytest.raises(TooManyAttempts):
        await accounts.resend_verification(cookie)
    assert len(await outbox(MailKind.VERIFY_EMAIL)) == 6
    await accounts.verify_email(await mailed_token(MailKind.VERIFY_EMAIL), cookie_header=cookie)
    await accounts.resend_verification(cookie)
    assert len(await outbox(MailKind.VERIFY_EMAIL)) == 6
