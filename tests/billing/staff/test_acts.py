"""What staff do to a workspace: each act once, audited under their name, and seen by everything that asks."""

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import col, select

from sentineliq import changes, db, i18n
from sentineliq.activity.models import AuditAction, AuditEntry, Notification
from sentineliq.activity.notifications import words_of
from sentineliq.billing import audit_log, credit_history, operations, usage
from sentineliq.billing.audit_query import AuditFilter
from sentineliq.billing.limits import Feature, Limit
from sentineliq.billing.models import CreditEntry, EventStatus, PlanOverride, WebhookEvent
from sentineliq.billing.staff import acts, comps, events
from sentineliq.billing.staff.workspace import get_workspace_file
from sentineliq.errors import NotFound
from sentineliq.i18n import Language, speaking
from sentineliq.identity.staff import StaffMember
from sentineliq.workspaces.models import Workspace
from tests.billing.conftest import Webhook, payload, reread
from tests.billing.shop import member_of


def day(after: int) -> str:
    return (db.now() + timedelta(days=after)).date().isoformat()


async def audited(workspace: Workspace, action: AuditAction) -> list[AuditEntry]:
    rows = select(AuditEntry).where(AuditEntry.workspace_id == workspace.id, AuditEntry.action == action)
    async with db.reading() as session:
        return list((await session.exec(rows.order_by(col(AuditEntry.id)))).all())


async def told() -> list[tuple[str, str]]:
    async with db.reading() as session:
        rows = (await session.exec(select(Notification).order_by(col(Notification.id)))).all()
    return [words_of(row) for row in rows]


async def test_everything_that_asks_sees_the_complimentary_plan(
    staff: StaffMember, workspace: Workspace
) -> None:
    await comps.grant(staff, workspace.id, plan="pro", last_day=day(30), reason="Conference speaker")
    member = await member_of(workspace)
    row = await reread(workspace)
    assert usage.allows(row, Feature.ADVANCED_ANALYTICS)
    async with db.reading() as session:
        assert await usage.within_limit(session, workspace_id=row.id, limit=Limit.MEMBERS, amount=500)
    overview = await operations.get_billing_overview(member)
    assert (overview.plan_name, overview.complimentary_plan, overview.status) == ("Pro", "Pro", None)
    assert overview.status_label == "Complimentary"
    assert overview.complimentary_until is not None
    assert comps.last_day_of(overview.complimentary_until).isoformat() == day(30)
    page = await audit_log.get_audit_page(member, which=AuditFilter())
    assert page.retention_days == 2555
    assert [card.is_current for card in await operations.list_plan_cards(member)] == [False, True, False]
    assert (row.subscription_plan, row.subscription_status) == (None, None)


async def test_a_grant_is_audited_told_and_replaced_by_the_next(
    staff: StaffMember, workspace: Workspace
) -> None:
    await comps.grant(staff, workspace.id, plan="hobby", last_day=day(10), reason="First")
    await comps.grant(staff, workspace.id, plan="pro", last_day=day(20), reason="Second")
    first, second = await audited(workspace, AuditAction.COMPLIMENTARY_GRANTED)
    assert (first.actor, first.origin) == (staff.user_id, "203.0.113.7")
    assert second.before == {"plan": "hobby", "until": day(10)}
    assert second.after == {"plan": "pro", "until": day(20), "reason": "Second"}
    async with db.reading() as session:
        overrides = (await session.exec(select(PlanOverride).order_by(col(PlanOverride.created_at)))).all()
        told = (await session.exec(select(Notification))).all()
    assert [override.revoked_at is None for override in overrides] == [False, True]
    assert [notice.title.partition(" until")[0] for notice in told] == [
        "Hobby is complimentary",
        "Pro is complimentary",
    ]


async def test_what_staff_give_and_take_is_told_in_the_reader_s_language(
    staff: StaffMember, workspace: Workspace
) -> None:
    await comps.grant(staff, workspace.id, plan="pro", last_day=day(30), reason="Conference speaker")
    await comps.revoke(staff, workspace.id)
    last = i18n.day(db.now() + timedelta(days=30))
    stays = "Your subscription and what it costs stay as they are."
    assert await told() == [
        (f"Pro is complimentary until {last}", stays),
        ("Pro is no longer complimentary", stays),
    ]
    with speaking(Language.PORTUGUESE):
        last = i18n.day(db.now() + timedelta(days=30))
        fica = "Sua assinatura e o que ela custa continuam como estão."
        assert await told() == [
            (f"O Pro é cortesia até {last}", fica),
            ("O Pro não é mais cortesia", fica),
        ]


async def test_the_plan_ends_by_itself_when_its_last_day_is_over(
    staff: StaffMember, workspace: Workspace
) -> None:
    await comps.grant(staff, workspace.id, plan="pro", last_day=day(0), reason="Today only")
    row = await reread(workspace)
    assert row.complimentary_until is not None
    assert 0 < (row.complimentary_until - db.now()).total_seconds() <= 86_400
    async with db.transaction() as session:
        locked = await session.get_one(Workspace, workspace.id)
        locked.complimentary_until = db.now()
    assert (await operations.get_billing_overview(await member_of(workspace))).plan_name == "Free"


async def test_what_was_given_is_taken_back_once(staff: StaffMember, workspace: Workspace) -> None:
    await comps.grant(staff, workspace.id, plan="pro", last_day=day(30), reason="Mistake")
    await comps.revoke(staff, workspace.id)
    assert (await reread(workspace)).complimentary_plan is None
    [revoked] = await audited(workspace, AuditAction.COMPLIMENTARY_REVOKED)
    assert (revoked.actor, revoked.before) == (staff.user_id, {"plan": "pro", "until": day(30)})
    with pytest.raises(comps.NothingComplimentary):
        await comps.revoke(staff, workspace.id)


@pytest.mark.parametrize(
    ("plan", "last_day", "reason"),
    [
        ("credits10", day(3), "why"),
        ("platinum", day(3), "why"),
        ("pro", day(-1), "why"),
        ("pro", day(4000), "why"),
        ("pro", "soon", "why"),
        ("pro", day(3), "  "),
        ("pro", day(3), "x" * 501),
    ],
)
async def test_a_grant_without_plan_day_or_reason_is_refused(
    staff: StaffMember, workspace: Workspace, plan: str, last_day: str, reason: str
) -> None:
    with pytest.raises(comps.InvalidComp):
        await comps.grant(staff, workspace.id, plan=plan, last_day=last_day, reason=reason)
    assert (await reread(workspace)).complimentary_plan is None


async def test_credits_are_corrected_once_a_key_with_the_reason_on_record(
    staff: StaffMember, workspace: Workspace
) -> None:
    give = {"amount": 25, "reason": "For the outage", "key": "a"}
    assert (
        await asyncio.gather(*(acts.adjust_credits(staff, workspace.id, **give) for _ in range(3)))
        == [25] * 3
    )
    assert await acts.adjust_credits(staff, workspace.id, amount=-5, reason="Too many", key="b") == 20
    given, taken = await audited(workspace, AuditAction.CREDITS_CHANGED)
    assert (given.actor, (given.after or {})["reason"]) == (staff.user_id, "For the outage")
    assert (taken.after or {})["credits"] == 20
    page = await credit_history.get_credit_page(await member_of(workspace))
    assert [(line.amount, line.description) for line in page.lines] == [
        (-5, "Too many"),
        (25, "For the outage"),
    ]


async def test_more_credits_than_there_are_cannot_be_taken(staff: StaffMember, workspace: Workspace) -> None:
    await acts.adjust_credits(staff, workspace.id, amount=3, reason="Gift", key="a")
    with pytest.raises(acts.MoreThanThere):
        await acts.adjust_credits(staff, workspace.id, amount=-4, reason="Back", key="b")
    assert (await reread(workspace)).credits == 3
    for amount, reason in ((0, "why"), (100_001, "why"), (1, " ")):
        with pytest.raises(acts.InvalidAdjustment):
            await acts.adjust_credits(staff, workspace.id, amount=amount, reason=reason, key="c")
    async with db.reading() as session:
        assert [entry.amount for entry in await session.exec(select(CreditEntry))] == [3]


async def test_what_was_taken_is_not_refused_when_it_is_asked_again(
    staff: StaffMember, workspace: Workspace
) -> None:
    await acts.adjust_credits(staff, workspace.id, amount=3, reason="Gift", key="a")
    take = {"amount": -3, "reason": "Back", "key": "b"}
    assert [await acts.adjust_credits(staff, workspace.id, **take) for _ in range(2)] == [0, 0]


async def test_an_unknown_workspace_is_not_found(staff: StaffMember) -> None:
    with pytest.raises(NotFound):
        await get_workspace_file(staff, "0" * 32)
    with pytest.raises(NotFound):
        await acts.adjust_credits(staff, "0" * 32, amount=1, reason="why", key="a")


async def test_a_parked_event_is_taken_again_under_the_staffs_name(
    stripe_webhook: Webhook, workspace: Workspace, staff: StaffMember
) -> None:
    created = payload("customer.subscription.created")
    async with db.transaction() as session:
        row = await session.get_one(Workspace, workspace.id)
        customer, row.stripe_customer_id = row.stripe_customer_id, None
    await stripe_webhook.deliver_all(
        created | {"data": {"object": created["data"]["object"] | {"metadata": {}}}}
    )
    [parked] = (await events.find_events(staff, events.parse_filter(status="unmatched"))).lines
    async with db.transaction() as session:
        (await session.get_one(Workspace, workspace.id)).stripe_customer_id = customer
    reports = [
        report async for report in events.replay_parked(staff, events.parse_filter(status="unmatched"))
    ]
    assert (reports[-1].taken, dict(reports[-1].outcomes)) == (1, {"processed": 1})
    assert (await reread(workspace)).subscription_plan == "pro"
    [note] = await audited(workspace, AuditAction.EVENT_REPLAYED)
    assert (note.actor, note.event_id) == (staff.user_id, parked.id)
    assert (await events.replay(staff, parked.id)).duplicate


async def test_the_ledger_is_narrowed_and_walked_by_key(staff: StaffMember, workspace: Workspace) -> None:
    at = db.now()
    async with db.transaction() as session:
        for number in range(7):
            session.add(
                WebhookEvent(
                    id=f"evt_{number}",
                    type="invoice.paid" if number % 2 else "charge.refunded",
                    status=EventStatus.FAILED if number < 3 else EventStatus.PROCESSED,
                    reason="no such price" if number == 0 else None,
                    received_at=at,
                    workspace_id=workspace.id if number == 6 else None,
                    payload='{"name": "<b>ü</b>"}' if number == 0 else "not json",
                )
            )
    seen: list[str] = []
    page = await events.find_events(staff, events.EventFilter(), limit=2)
    seen += [line.id for line in page.lines]
    while page.has_more:
        page = await events.find_events(staff, events.EventFilter(), before=page.lines[-1], limit=2)
        seen += [line.id for line in page.lines]
    assert seen == [f"evt_{number}" for number in reversed(range(7))]
    for which, found in (
        ({"status": "failed", "type": "invoice.paid"}, ["evt_1"]),
        ({"text": "SUCH price"}, ["evt_0"]),
        ({"text": "evt_4"}, ["evt_4"]),
        ({"text": workspace.id}, ["evt_6"]),
    ):
        assert [
            line.id for line in (await events.find_events(staff, events.parse_filter(**which))).lines
        ] == found
    assert await events.show_payload(staff, "evt_0") == '{\n  "name": "<b>ü</b>"\n}'
    assert await events.show_payload(staff, "evt_1") == "not json"


async def test_pages_are_told_of_what_touches_no_workspace(
    stripe_webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(changes, "_subscribers", [told.extend])
    await stripe_webhook.deliver_all(payload("customer.subscription.created"))
    await stripe_webhook.deliver(payload("invoice.paid") | {"data": {"object": {}}})
    await stripe_webhook.deliver({"no": "event"})
    assert told == [changes.NO_WORKSPACE] * 3
