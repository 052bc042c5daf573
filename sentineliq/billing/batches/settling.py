"""One batch in one transaction: claim, decide, write. Each delivery is of another customer."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ... import db
from ...activity import audit, notifications
from ...activity.preferences import ALWAYS_ON
from ...mail import outbox
from ..effects import AuditNote, Effects, InvoiceRecord, OwnerMail
from ..field_changes import new_fields, notes_of_subscription
from ..mail_topics import TOPICS
from ..models import EventStatus
from ..outcomes import Outcome
from ..payment_details import STRIPE, mail_context
from ..stripe.handlers import Answers, Handler
from .store import AUDIT, MAILS, NOTIFICATIONS, Delivery, MemberRow, Row, Unit, WorkspaceRow

NOTHING_ASKED = Answers()


@dataclass(slots=True)
class _Decided:
    delivery: Delivery
    workspace: WorkspaceRow
    effects: Effects


async def settle(unit: Unit, deliveries: Collection[Delivery]) -> dict[str, Outcome]:
    """What became of each event; those that are left out are declined, and nothing of them is kept."""
    now = db.now()
    claimed = await unit.claim(deliveries, at=now)
    results: dict[str, Outcome] = {}
    if len(claimed) < len(deliveries):
        unclear = [each.event.id for each in deliveries if each.event.id not in claimed]
        for event_id in await unit.settled(unclear):
            results[event_id] = Outcome(EventStatus.PROCESSED, duplicate=True)
    decided, ignored, declined = _decide([each for each in deliveries if each.event.id in claimed], claimed)
    decided, with_older_invoices = await _with_new_invoices(unit, decided)
    await _write(unit, decided, at=now)
    for event_id in ignored:
        results[event_id] = Outcome(EventStatus.IGNORED)
    for each in decided:
        results[each.delivery.event.id] = Outcome(EventStatus.PROCESSED, each.workspace.id)
    if declined or with_older_invoices:
        await unit.unclaim([*declined, *with_older_invoices])
    return results


def _decide(
    deliveries: Collection[Delivery], claimed: dict[str, WorkspaceRow | None]
) -> tuple[list[_Decided], list[str], list[str]]:
    """What is decided, and the events that are ignored and that are declined."""
    decided: list[_Decided] = []
    ignored: list[str] = []
    declined: list[str] = []
    for each in deliveries:
        event, handler = each.event, each.handler
        if handler is None:
            ignored.append(event.id)
            continue
        workspace = claimed[event.id]
        effects = _plain_effects(each, handler, workspace) if workspace else None
        if workspace is None or effects is None:
            declined.append(event.id)
        else:
            decided.append(_Decided(each, workspace, effects))
    return decided, ignored, declined


def _plain_effects(delivery: Delivery, handler: Handler, workspace: WorkspaceRow) -> Effects | None:
    """What the event does, if it is of the plain kind; a rule that fails does so again on the other way."""
    if workspace.stripe_customer_id != delivery.customer:
        return None
    try:
        decision = handler(delivery.event, delivery.payload, workspace, NOTHING_ASKED)
    except Exception:
        return None
    if not isinstance(decision, Effects):
        return None
    is_plain = (
        decision.trial is None
        and decision.credits is None
        and decision.checkout is None
        and decision.refund is None
        and decision.customer is None
        and (decision.invoice is None or decision.subscription is None)
    )
    if decision.mails and any(mail.staff_too for mail in decision.mails):
        return None
    return decision if is_plain else None


async def _with_new_invoices(unit: Unit, decided: list[_Decided]) -> tuple[Sequence[_Decided], Sequence[str]]:
    """Those whose invoice is heard of for the first time, or that have none; and the events of the others:
    what an earlier one told of the invoice has to be weighed."""
    rows = [_invoice_row(each.effects.invoice, each.workspace) for each in decided if each.effects.invoice]
    if not rows:
        return decided, ()
    new = await unit.add_invoices(rows)
    if len(new) == len(rows):
        return decided, ()
    kept: list[_Decided] = []
    others: list[str] = []
    for each in decided:
        invoice = each.effects.invoice
        if invoice is None or invoice.id in new:
            kept.append(each)
        else:
            others.append(each.delivery.event.id)
    return kept, others


def _invoice_row(record: InvoiceRecord, workspace: WorkspaceRow) -> Row:
    row: Row = {name: getattr(record, name) for name in record.__dataclass_fields__}
    row["workspace_id"] = workspace.id
    return row


async def _write(unit: Unit, decided: Sequence[_Decided], *, at: datetime) -> None:
    changes: list[tuple[WorkspaceRow, Row]] = []
    audited: list[Row] = []
    for each in decided:
        workspace, effects = each.workspace, each.effects
        held = workspace.__dict__
        fields = {
            name: value for name, value in new_fields(workspace, effects).items() if held[name] != value
        }
        if fields:
            changes.append((workspace, fields))
        notes = effects.audit
        if effects.subscription:
            notes = (*notes_of_subscription(workspace, effects.subscription), *notes)
        if notes:
            audited += _audit_rows(each, notes, at=at)
    telling = [each for each in decided if each.effects.notices or each.effects.mails]
    told, mails = await _told(unit, telling, at=at)
    new = [(table, rows) for table, rows in ((AUDIT, audited), (NOTIFICATIONS, told), (MAILS, mails)) if rows]
    if changes or new:
        await unit.write(changes, new)


def _audit_rows(decided: _Decided, notes: Sequence[AuditNote], *, at: datetime) -> list[Row]:
    cause: dict[str, Any] = {"workspace_id": decided.workspace.id, "actor": STRIPE, "at": at}
    event_id = decided.delivery.event.id
    return [
        audit.row(action=note.action, before=note.before, after=note.after, event_id=event_id, **cause)
        for note in notes
    ]


async def _told(
    unit: Unit, decided: Sequence[_Decided], *, at: datetime
) -> tuple[Sequence[Row], Sequence[Row]]:
    """The same notifications and mails as `payment_details` writes."""
    if not decided:
        return (), ()
    members: dict[str, list[MemberRow]] = {}
    for member in await unit.members([each.workspace.id for each in decided]):
        members.setdefault(member.workspace_id, []).append(member)
    told: list[Row] = []
    mails: list[Row] = []
    for each in decided:
        here = members.get(each.workspace.id, [])
        for notice in each.effects.notices:
            always = notice.kind in ALWAYS_ON
            readers = [one.user_id for one in here if always or notice.kind not in one.silent_in_app]
            if readers:
                told += notifications.rows_for(
                    readers,
                    workspace_id=each.workspace.id,
                    kind=notice.kind,
                    about=notice.about,
                    title=notice.title,
                    body=notice.body,
                    at=at,
                )
        owner = next((one for one in here if one.is_owner), None)
        if owner is not None:
            mails += [
                _mail_row(mail, owner, each.workspace, at=at)
                for mail in each.effects.mails
                if _wants(owner, mail)
            ]
    return told, mails


def _wants(owner: MemberRow, mail: OwnerMail) -> bool:
    topic = TOPICS.get(mail.kind)
    return topic is None or topic in ALWAYS_ON or topic not in owner.silent_by_mail


def _mail_row(mail: OwnerMail, owner: MemberRow, workspace: WorkspaceRow, *, at: datetime) -> Row:
    return outbox.row(
        key=mail.key,
        kind=mail.kind,
        to=owner.email,
        context=mail_context(workspace, mail),
        workspace_id=workspace.id,
        language=owner.language,
        locale=workspace.locale,
        at=at,
    )
