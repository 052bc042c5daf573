"""A signed test delivery to our own address: it comes as Stripe's would, through DNS, proxies and middleware.

Its type is none that we handle, so it is stored as `ignored`, once: its id is always the same. That tells a
wrong address, a lost header, a changed body and another secret in the running server apart.
"""

import json
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import httpx

from ..billing.stripe.signatures import TOLERANCE, signature_of
from ..findings import Finding, fails, holds
from .patient import Patient

NAME = "webhook delivery"
EVENT_ID = "evt_sentineliq_doctor"
TIMEOUT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    text: str
    clock_off: float
    """Seconds between the server's clock and ours."""

    @property
    def is_taken(self) -> bool:
        return self.status == 200 and '"received"' in self.text

    @property
    def signature_failed(self) -> bool:
        return self.status == 500 and "signature" in self.text


async def check_delivery(patient: Patient) -> list[Finding]:
    """Sent as Stripe writes it; refused for its signature, once more in a form that no rewriting changes."""
    url = patient.settings.webhook_url
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False) as client:
            answer = await _deliver(client, patient, compact=False)
            if answer.signature_failed:
                plain = await _deliver(client, patient, compact=True)
                return [_of_signature(answer, plain, url)]
    except httpx.HTTPError as error:
        return [_unreachable(patient, type(error).__name__)]
    return [_of(answer, url)]


async def _deliver(client: httpx.AsyncClient, patient: Patient, *, compact: bool) -> _Answer:
    body = _body(patient, compact=compact)
    secret = patient.settings.stripe_webhook_secret[0].get_secret_value()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signature_of(body, secret, at=int(time.time())),
        "User-Agent": "SentinelIQ-doctor",
    }
    answer = await client.post(patient.settings.webhook_url, content=body, headers=headers)
    return _Answer(answer.status_code, answer.text[:1000], _clock_off(answer))


def _body(patient: Patient, *, compact: bool) -> bytes:
    """Stripe's own form is indented, with letters beyond ASCII; a rewriter of JSON does not keep it."""
    event = {
        "id": EVENT_ID,
        "object": "event",
        "api_version": patient.settings.stripe_api_version,
        "created": 1735689600,
        "data": {"object": {"object": "sentineliq.doctor"}},
        "livemode": patient.settings.livemode,
        "type": "sentineliq.doctor.delivery",
    }
    if compact:
        return json.dumps(event, separators=(",", ":")).encode()
    event["data"] = {"object": {"object": "sentineliq.doctor", "amount": 1e2, "name": "Zoë / Müller"}}
    return json.dumps(event, indent=2, ensure_ascii=False).encode()


def _clock_off(answer: httpx.Response) -> float:
    try:
        return parsedate_to_datetime(answer.headers["date"]).timestamp() - time.time()
    except (KeyError, ValueError):
        return 0.0


def _of(answer: _Answer, url: str) -> Finding:
    if answer.is_taken:
        return holds(NAME, f"a signed test delivery to {url} was taken")
    if 300 <= answer.status < 400:
        mend = "set WEB_CLIENT_URL to the address that it leads to: Stripe follows no redirect"
        return fails(NAME, f"{url} redirects", mend=mend)
    if answer.status == 400 and "Stripe-Signature" in answer.text:
        mend = "let the proxy before the app pass every header on"
        return fails(NAME, "the Stripe-Signature header is lost on the way", mend=mend)
    if answer.status == 503:
        return fails(NAME, "the server cannot store events", mend="see its log and its database")
    mend = "check WEB_CLIENT_URL, and that the proxy passes POST /webhooks/stripe to the app"
    return fails(NAME, f"{url} answers with {answer.status}, not as our webhook does", mend=mend)


def _of_signature(answer: _Answer, plain: _Answer, url: str) -> Finding:
    if plain.is_taken:
        mend = "let the proxy or middleware pass the raw body on, without parsing it as JSON"
        return fails(NAME, f"the body is changed on its way to {url}", mend=mend)
    if abs(answer.clock_off) > TOLERANCE:
        mend = "set the clocks (NTP): a signature holds for five minutes"
        return fails(NAME, f"the clocks differ by {abs(answer.clock_off):.0f} s", mend=mend)
    mend = "restart the server with this environment's STRIPE_WEBHOOK_SECRET, or mend it here"
    return fails(
        NAME, "the running server has another STRIPE_WEBHOOK_SECRET than this environment", mend=mend
    )


def _unreachable(patient: Patient, error: str) -> Finding:
    url = patient.settings.webhook_url
    mend = "check WEB_CLIENT_URL, DNS, the proxy and its certificate"
    if not patient.settings.in_production:
        mend = "start the app: `make run`"
    return fails(NAME, f"{url} cannot be reached ({error})", mend=mend)
