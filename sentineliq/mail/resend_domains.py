"""Whether Resend may send from our domain (https://resend.com/docs/api-reference/domains/list-domains)."""

import os

import httpx

from ..findings import Finding, fails, holds

BASE = "https://api.resend.com"
ANOTHER_BASE = "RESEND_API_URL"
"""The SDK's own variable, for a test double: what it sends to is what is asked here."""
TIMEOUT_SECONDS = 10
MAY_ONLY_SEND = "restricted_api_key"
"""The error of a key with sending access: it works, and may not read domains."""


async def check_sender(*, sender: str, api_key: str) -> Finding:
    """The sender's domain is verified. Raises nothing: an unreachable Resend is a finding."""
    domain = sender.rpartition("@")[2].rstrip("> ").lower()
    base = os.environ.get(ANOTHER_BASE, BASE)
    try:
        async with httpx.AsyncClient(base_url=base, timeout=TIMEOUT_SECONDS) as client:
            answer = await client.get("/domains", headers={"Authorization": f"Bearer {api_key}"})
    except httpx.HTTPError as error:
        mend = "check this machine's network, DNS, proxy and firewall"
        return fails("mail", f"Resend cannot be reached ({type(error).__name__})", mend=mend)
    if answer.status_code == httpx.codes.OK:
        return _verdict(domain, {each["name"]: each["status"] for each in answer.json()["data"]})
    if MAY_ONLY_SEND in answer.text:
        return holds(
            "mail", f"the key may only send: see https://resend.com/domains whether {domain} is verified"
        )
    if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN, httpx.codes.BAD_REQUEST):
        mend = "set RESEND_API_KEY to a key of https://resend.com/api-keys"
        return fails("mail", "Resend does not accept the key", mend=mend)
    return fails("mail", f"Resend answers with {answer.status_code}", mend="see https://resend-status.com")


def _verdict(domain: str, statuses: dict[str, str]) -> Finding:
    """A verified domain covers itself only, not its subdomains."""
    status = statuses.get(domain)
    if status == "verified":
        return holds("mail", f"{domain} is verified at Resend")
    says = f"{domain} is {status} at Resend" if status else f"Resend does not know {domain}"
    return fails("mail", says, mend="add and verify it at https://resend.com/domains, or change SENDER_EMAIL")
