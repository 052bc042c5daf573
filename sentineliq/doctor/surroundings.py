"""The settings themselves, mail and Redis."""

from redis.asyncio import Redis
from redis.exceptions import RedisError

from ..findings import Finding, fails, holds
from ..mail.resend_domains import check_sender
from .patient import Patient


def check_settings(patient: Patient) -> list[Finding]:
    """A line a fault."""
    if not patient.faults:
        return [holds("settings", f"{patient.settings.sentineliq_env} has all that it needs")]
    where = "the environment" if patient.settings.in_production else "`.env` or the environment"
    return [fails("settings", fault, mend=f"set {name} in {where}") for name, fault in patient.faults.items()]


async def check_mail(patient: Patient) -> list[Finding]:
    settings = patient.settings
    if settings.resend_api_key is None:
        return [holds("mail", "mails land in the mailbox page: development has no RESEND_API_KEY")]
    key = settings.resend_api_key.get_secret_value()
    return [await check_sender(sender=settings.sender_email, api_key=key)]


async def check_redis(patient: Patient) -> list[Finding]:
    url = patient.settings.redis_url
    if not url:
        return [holds("redis", "none: one worker needs none")]
    try:
        async with Redis.from_url(url) as redis:
            await redis.execute_command("PING")
    except (RedisError, OSError) as error:
        mend = "start it, and check REDIS_URL's host and password"
        if url.startswith("rediss:"):
            mend += ", and that its certificate is trusted (SSL_CERT_FILE names your own)"
        return [fails("redis", f"cannot be reached ({type(error).__name__})", mend=mend)]
    return [holds("redis", "answers")]
