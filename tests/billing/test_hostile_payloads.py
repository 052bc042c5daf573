"""Truncated, mistyped and hostile bodies under a valid signature: refused, and only the ledger keeps them.

Stripe's key may have leaked, or Stripe may err: a signature says who sent it, not that it makes sense.
"""

import copy
import json
from collections.abc import Iterator
from itertools import count, cycle
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from sentineliq import db
from sentineliq.activity.models import AuditEntry, Notification
from sentineliq.billing.models import Checkout, CreditEntry, CustomerLink, Invoice, Refund, WebhookEvent
from sentineliq.billing.stripe.handlers import HANDLERS
from sentineliq.bodies import MAX_BODY
from sentineliq.mail.models import OutboxMail
from sentineliq.workspaces.models import Workspace
from tests.billing.conftest import Webhook, sign
from tests.payloads.corpus import (  # noqa: F401  two of them are fixtures
    CASES,
    SHAPES,
    billing_settings,
    case,
    customer_of,
    stripe_reads,
    workspace_of,
)

TABLES = (Workspace, AuditEntry, Notification, OutboxMail, CreditEntry, Invoice, Checkout, Refund)
EXAMPLES = 60
REFUSED, TAKEN = (400, 413), 200
Path_ = tuple[str | int, ...]

BOUNDED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
_numbers = count(1)

WRONG: tuple[Any, ...] = (10**40, {"a": {"b": 1}}, "\x00", ["x"], True)
DEEP: Any = json.loads("[" * 300 + "]" * 300)
HOSTILE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(2**70), max_value=2**70),
    st.sampled_from([0, -1, 2**31, 2**53 + 1, 2**63, 10**30, 1e308, -0.5, 253_402_300_800]),
    st.text(max_size=40),
    st.sampled_from(
        ["", "\x00", "cus_\x00", "x" * 300, "é" * 6000, "'; DROP TABLE workspaces; --", "\ud800"]
    ),
    st.sampled_from([[], {}, [None], [[]], {"id": None}, {"data": [None]}, {"data": {}}, {"id": {}}, DEEP]),
)


def paths(value: Any, at: Path_ = ()) -> Iterator[Path_]:
    """Every place in a document."""
    yield at
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, (*at, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from paths(inner, (*at, place))


def with_change(event: dict[str, Any], path: Path_, value: Any, *, remove: bool) -> Any:
    changed: Any = copy.deepcopy(event)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    if not path:
        return value
    if remove:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return changed


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, Any]:
    """A case's name, and its event with one to three places changed or gone."""
    name, shape = draw(st.sampled_from(CASES)), draw(st.sampled_from(SHAPES))
    event: Any = case(name, shape)
    for _ in range(draw(st.integers(1, 3))):
        places = list(paths(event))
        event = with_change(event, draw(st.sampled_from(places)), draw(HOSTILE), remove=draw(st.booleans()))
        if not isinstance(event, dict):
            break
    return name, event


async def everything() -> dict[str, list[str]]:
    """All rows of what money may change."""
    async with db.reading() as session:
        return {
            model.__name__: sorted(repr(row) for row in (await session.exec(select(model))).all())
            for model in TABLES
        }


async def assert_harmless(stripe_webhook: Webhook, body: bytes) -> int:
    """Taken as an event, or refused with nothing changed; never an error of ours."""
    before = await everything()
    answer = await stripe_webhook.post(body, sign(body))
    assert answer.status_code in (*REFUSED, TAKEN), (answer.status_code, body[:3000])
    if answer.status_code != TAKEN:
        assert await everything() == before
        assert set(answer.json()) == {"error"}
    return answer.status_code


@pytest.mark.usefixtures("stripe_reads")
@BOUNDED
@given(mutation=mutated())
async def test_mutated_event_is_taken_or_refused_and_never_an_error(
    stripe_webhook: Webhook, mutation: tuple[str, Any]
) -> None:
    name, event = mutation
    await _known(name)
    if isinstance(event, dict) and isinstance(event.get("id"), str) and event["id"].isascii():
        event["id"] = f"{event['id'][:200]}{next(_numbers)}"
    await assert_harmless(stripe_webhook, json.dumps(event).encode())


@pytest.mark.usefixtures("stripe_reads")
@BOUNDED
@given(
    name=st.sampled_from(CASES),
    shape=st.sampled_from(SHAPES),
    place=st.floats(0, 1, exclude_max=True),
    noise=st.binary(max_size=6),
    cut=st.booleans(),
)
async def test_truncated_or_garbled_bytes_are_refused_or_harmless(
    stripe_webhook: Webhook, name: str, shape: str, place: float, noise: bytes, cut: bool
) -> None:
    await _known(name)
    event = case(name, shape) | {"id": f"evt_garbled{next(_numbers)}"}
    body = json.dumps(event).encode()
    at = int(len(body) * place)
    if cut:
        assert await assert_harmless(stripe_webhook, body[:at]) == 400
    else:
        await assert_harmless(stripe_webhook, body[:at] + noise + body[at + len(noise) :])


@pytest.mark.usefixtures("stripe_reads")
@pytest.mark.parametrize("field", ["customer", "id", "metadata", "currency", "amount", "created", "status"])
async def test_field_of_the_wrong_type_is_refused_or_harmless(stripe_webhook: Webhook, field: str) -> None:
    for name, wrong in zip(CASES, cycle(WRONG), strict=False):
        await _known(name)
        event = case(name, SHAPES[0]) | {"id": f"evt_wrong{next(_numbers)}"}
        if field in event["data"]["object"]:
            event["data"]["object"][field] = wrong
            await assert_harmless(stripe_webhook, json.dumps(event).encode())


NEVER: tuple[str, ...] = (
    "null",
    "{}",
    "[" * 300 + "]" * 300,
    '"\\u0000"',
    '"\\ud800"',
    "1e308",
    "-1e308",
    "9" * 400,
    str(-(2**63)),
)
"""As JSON: no field that an event must have can be any of these."""


def wrong_bodies(event: dict[str, Any]) -> Iterator[bytes]:
    """Cut off, no object, and each field that its type must have as what it cannot be."""
    body = json.dumps(event)
    yield from (body[: len(body) * part // 5].encode() for part in range(5))
    for wrong in ("null", "[]", "7", '"x"', "{}", *NEVER):
        yield json.dumps(event | {"data": {"object": "WRONG"}}).replace('"WRONG"', wrong).encode()
    values = cycle(NEVER)
    shape, _ = HANDLERS[event["type"]]
    for field, about in shape.model_fields.items():
        if not about.is_required() or field not in event["data"]["object"] or field == "lines":
            continue
        for wrong in (next(values), next(values), next(values)):
            changed = copy.deepcopy(event)
            changed["data"]["object"][field] = "WRONG"
            yield json.dumps(changed).replace('"WRONG"', wrong).encode()


@pytest.mark.usefixtures("stripe_reads")
@pytest.mark.parametrize("shape", SHAPES)
async def test_wrong_bodies_of_every_event_are_refused_and_change_nothing(
    stripe_webhook: Webhook, shape: str
) -> None:
    for name in CASES:
        await _known(name)
        event = case(name, shape) | {"id": f"evt_hostile{next(_numbers)}"}
        before = await everything()
        for body in wrong_bodies(event):
            answer = await stripe_webhook.post(body, sign(body))
            assert answer.status_code == 400, (name, answer.status_code, body[-2000:])
        assert await everything() == before, name


SIGNATURES = st.one_of(
    st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=255), min_size=1, max_size=80),
    st.lists(
        st.sampled_from(
            ["t=NOW", "t=", "t=-1", "t=1e9", "t=NOW\t", "v1=", "v1=" + "0" * 64, "v0=GOOD", "GOOD", "=", "v1"]
        ),
        min_size=1,
        max_size=200,
    ).map(",".join),
)


@BOUNDED
@given(header=SIGNATURES)
async def test_signature_of_any_shape_is_refused_and_stores_nothing(
    stripe_webhook: Webhook, header: str
) -> None:
    body = b'{"id": "evt_1"}'
    timestamp, good = sign(body).split(",v1=")
    text = header.replace("NOW", timestamp.removeprefix("t=")).replace("GOOD", good)
    given_ = [(b"stripe-signature", text.encode("latin-1"))]
    answer = await stripe_webhook.http.post("/webhooks/stripe", content=body, headers=given_)
    assert (answer.status_code, set(answer.json())) == (500, {"error"})
    async with db.reading() as session:
        assert (await session.exec(select(WebhookEvent.id))).all() == []


async def test_right_signature_among_a_thousand_wrong_ones_is_found(stripe_webhook: Webhook) -> None:
    body = json.dumps(case("invoice.paid.first", SHAPES[0])).encode()
    timestamp, good = sign(body).split(",")
    header = ",".join([timestamp, *(f"v1={'0' * 64}" for _ in range(1000)), good])
    assert (await stripe_webhook.post(body, header)).status_code == 200


@pytest.mark.usefixtures("stripe_reads")
@pytest.mark.parametrize("excess", [0, 1], ids=["at the limit", "one byte over"])
async def test_limit_of_the_body_is_exact(stripe_webhook: Webhook, excess: int) -> None:
    event = case("invoice.paid.first", SHAPES[0])
    await workspace_of(customer_of(event))
    event["data"]["object"]["footer"] = ""
    event["data"]["object"]["footer"] = "x" * (MAX_BODY - len(json.dumps(event)) + excess)
    body = json.dumps(event).encode()
    assert len(body) == MAX_BODY + excess
    assert await assert_harmless(stripe_webhook, body) == (413 if excess else 200)


@pytest.mark.usefixtures("stripe_reads")
@pytest.mark.parametrize(
    ("inner", "status"),
    [
        ("[" * 200_000 + "]" * 200_000, 400),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, 400),
        ('"' + "x" * (MAX_BODY - 10_000) + '"', 200),
        ('"' + "x" * MAX_BODY + '"', 413),
        ("9" * 100_000, 400),
    ],
    ids=["deep lists", "deep objects", "just under 1 MiB", "over 1 MiB", "endless number"],
)
async def test_body_of_hostile_size_or_depth_is_answered(
    stripe_webhook: Webhook, inner: str, status: int
) -> None:
    event = case("invoice.paid.first", SHAPES[0])
    await workspace_of(customer_of(event))
    event["data"]["object"]["footer"] = "HOSTILE"
    body = json.dumps(event).replace('"HOSTILE"', inner).encode()
    assert await assert_harmless(stripe_webhook, body) == status


async def _known(name: str) -> None:
    """A workspace has the customer of the case."""
    customer = customer_of(case(name, SHAPES[0]))
    async with db.reading() as session:
        if await session.get(CustomerLink, customer) is not None:
            return
    await workspace_of(customer)
