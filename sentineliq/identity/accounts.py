"""Signing up, logging in, and proving that an address is one's own.

Whether an address has an account is not told. Logging in costs one look-up and one Argon2 check for any
address; asking for a reset link is answered before anything is looked up (see `routes`). Signing up lands
signed in, so a taken address cannot look the same as a free one. It is told by a neutral refusal after the
same one Argon2 computation, and asking in bulk is limited; with the account's own password it logs in.
"""

from dataclasses import dataclass

from sqlalchemy import func, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from .. import db
from ..errors import NotSignedIn
from ..i18n import say
from ..mail import sender
from ..workspaces import service as workspaces
from . import browsers, links, sessions
from .attempts import Attempt, count_attempt
from .credentials import PASSWORD_MAX_LENGTH, check_new_password, normalise_email
from .faults import FormFault
from .messages import Fault
from .models import User
from .passwords import NOBODY, hash_password, verify_password
from .tokens import InvalidToken, TokenPurpose, fingerprint, read_token


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`cookie` is the value of `sessions.SESSION_COOKIE`."""

    user_id: str
    cookie: str


async def sign_up(email: str, password: str, *, client: sessions.Client = sessions.NOWHERE) -> SignedIn:
    """A user with a first workspace and a mail to verify the address. Raises `FormFault`."""
    address = normalise_email(email)
    check_new_password(password, email=address)
    taken = await _find(address)
    if taken is None:
        hashed = await hash_password(password)
        user = await _create(address=address, password_hash=hashed, origin=client.origin)
        if user is not None:
            sender.wake()
            return SignedIn(user.id, await sessions.start_session(user.id, client))
    elif await verify_password(password, password_hash=taken.password_hash):
        return SignedIn(taken.id, await sessions.start_session(taken.id, client))
    raise FormFault(Fault.CANNOT_SIGN_UP, field="email")


async def log_in(email: str, password: str, *, client: sessions.Client = sessions.NOWHERE) -> SignedIn:
    """Raises `FormFault`, the same for a wrong password and an unknown address."""
    address = normalise_email(email)
    user = await _find(address)
    right = await verify_password(
        password[: PASSWORD_MAX_LENGTH + 1], password_hash=user.password_hash if user else NOBODY
    )
    if user is None or not right:
        raise FormFault(Fault.WRONG_LOGIN, field="password")
    return SignedIn(user.id, await sessions.start_session(user.id, client))


async def request_password_reset(email: str) -> None:
    """Mail a reset link if the address has an account; says nothing of whether it has. Raises `FormFault`."""
    user = await _find(normalise_email(email))
    if user is not None:
        async with db.transaction() as session:
            await links.mail_password_reset(session, user)
        sender.wake()


async def reset_password(token: str, password: str) -> None:
    """Set the password by a mailed link, once, and sign the user out everywhere. Raises `FormFault`.

    Who holds the link reads that address's mail, so it also verifies the address.
    """
    claims = _claims(TokenPurpose.PASSWORD_RESET, token)
    async with db.reading() as session:
        user = await session.get(User, claims["sub"])
    if user is None or claims.get("password") != fingerprint(user.password_hash):
        raise FormFault(Fault.LINK_EXPIRED)
    check_new_password(password, email=user.email)
    await _replace_password(user, new_hash=await hash_password(password))


async def verify_email(token: str, *, cookie_header: str = "") -> None:
    """The mailed link was followed: the address is the user's own. Again is fine. Raises `FormFault`.

    A verified address may do more, so no session of before profits from it: all end but the one of the
    browser that followed the link (its `Cookie` header).
    """
    claims = _claims(TokenPurpose.VERIFY_EMAIL, token)
    async with db.transaction() as session:
        user = await session.get(User, claims["sub"], with_for_update=True)
        if user is None or user.email != claims.get("email"):
            raise FormFault(Fault.LINK_EXPIRED)
        if user.email_verified_at is None:
            user.email_verified_at = db.now()
            await browsers.end_others(session, user_id=user.id, but=sessions.session_id_of(cookie_header))
    await sessions.tell_pages_of(user.id)


async def resend_verification(cookie_header: str) -> None:
    """Mail a fresh link to the one signed in by that cookie; a verified address needs none.

    Raises `NotSignedIn` and `TooManyAttempts`.
    """
    user = await sessions.current_user(cookie_header)
    if user is None:
        raise NotSignedIn
    if user.email_verified_at is not None:
        return
    await count_attempt(Attempt.VERIFICATION_MAIL, address=user.email, client=user.id)
    async with db.transaction() as session:
        await links.mail_verification(session, user)
    sender.wake()


async def _find(address: str) -> User | None:
    async with db.reading() as session:
        return (await session.exec(select(User).where(User.email == address))).first()


async def _create(*, address: str, password_hash: str, origin: str | None) -> User | None:
    """None when another sign-up took the address a moment ago."""
    user = User(email=address, password_hash=password_hash)
    try:
        async with db.transaction() as session:
            session.add(user)
            await session.flush()
            await workspaces.create_workspace(
                session, name=_first_name(address), owner_id=user.id, origin=origin
            )
            await links.mail_verification(session, user)
    except IntegrityError:
        return None
    return user


def _first_name(address: str) -> str:
    return say("{name}'s workspace", name=address.partition("@")[0][:64])


def _claims(purpose: TokenPurpose, token: str) -> dict[str, str]:
    try:
        return read_token(purpose, token)
    except InvalidToken:
        raise FormFault(Fault.LINK_EXPIRED) from None


async def _replace_password(user: User, *, new_hash: str) -> None:
    """Only if it is still the one that the link was made for: of two uses at once, one wins."""
    same = (col(User.id) == user.id, col(User.password_hash) == user.password_hash)
    verified = func.coalesce(User.email_verified_at, db.now())
    async with db.transaction() as session:
        changed = await session.exec(
            update(User).where(*same).values(password_hash=new_hash, email_verified_at=verified)
        )
        await browsers.end_others(session, user_id=user.id, but=None)
        if changed.rowcount != 1:
            raise FormFault(Fault.LINK_EXPIRED)
    await sessions.tell_pages_of(user.id)
