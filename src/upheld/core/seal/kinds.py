"""Every kind of line that the ledger takes, with its fields; which value a field takes stands in `entries`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of line: what it says happened, and its fields beside the common ones, each with its sort."""

    name: str
    meaning: str
    fields: Mapping[str, str]
    personal: tuple[str, ...] = ()  # by construction; a test holds it


def _list_kinds(*kinds: tuple[str, str, str]) -> Mapping[str, Kind]:
    """Kinds from lines of (name, meaning, `field:sort field:sort`)."""
    made = {}
    for name, meaning, fields in kinds:
        pairs = [field.partition(":")[::2] for field in fields.split()]
        made[name] = Kind(name, meaning, MappingProxyType(dict(pairs)))
    return MappingProxyType(made)


_OPENING = (
    "action:term item:id items:count data:names withheld:names purpose:name touchpoint:name role:name recipient:name "
    "degree:term case:id"
)

_PROOF = (
    "run:id digest:digest policy:digest code:digest cause:term upheld:count vouched:count stated:count unused:count "
    "partly:count expired:count unproven:count broken:count outcome:outcome"
)

KINDS: Mapping[str, Kind] = _list_kinds(
    ("person.created", "somebody registered", "touchpoint:name company:id"),
    ("person.verified", "an address or number was shown to be theirs", "identifier:term"),
    ("person.signed-in", "they signed in", "session:id"),
    ("person.signed-out", "they signed out", "session:id sessions:count"),
    ("person.locked", "sign-in was locked after wrong passwords", "attempts:count until:moment"),
    ("person.closed", "they closed their account", "items:count keys:count"),
    ("person.password-changed", "they changed their password, or set a new one by a link", "outcome:outcome"),
    ("company.created", "a company opened an account", "touchpoint:name"),
    ("company.user-invited", "a company invited a user", "invitation:id user:id role:name"),
    ("company.user-joined", "an invited user joined the company", "invitation:id user:id role:name"),
    ("company.user-left", "a user left the company", "user:id"),
    ("company.invitation-ended", "an invitation was withdrawn or not taken up", "invitation:id outcome:outcome"),
    ("company.holder-made", "a user holds the company's account from now on", "user:id"),
    ("company.primary-address-changed", "notices to the company go to another address", "item:id user:id"),
    (
        "item.collected",
        "data was taken and sealed",
        "item:id items:ids touchpoint:name data:names purposes:names evidence:digest degree:term method:term",
    ),
    ("item.opened", "data was opened, for a purpose that the gate permitted", _OPENING),
    ("item.withheld", "data was asked for and the gate withheld it", _OPENING + " outcome:outcome"),
    ("item.altered", "sealed data did not open: it was altered, or moved from elsewhere", "item:id"),
    ("item.corrected", "the person corrected their data", "item:id replaces:id data:names touchpoint:name"),
    ("item.exported", "the person took a copy of what is held", "items:count format:term digest:digest"),
    ("item.erased", "data was erased with its keys", "item:id items:count data:names keys:count"),
    ("item.left-out", "data was marked as out of the policy's scope, on a recorded ground", "item:id ground:name"),
    ("item.refused", "data was offered and not taken", "touchpoint:name data:names outcome:outcome"),
    (
        "choice.recorded",
        "a yes or no was given",
        "choice:name outcome:outcome touchpoint:name evidence:digest replaces:id",
    ),
    (
        "permission.given",
        "the person permitted somebody outside to get these data for this purpose",
        "permission:id data:names purpose:name recipient:name company:id touchpoint:name evidence:digest",
    ),
    (
        "permission.withdrawn",
        "a permission ended: the person withdrew it, or no longer uses the company's account",
        "permission:id data:names purpose:name recipient:name company:id touchpoint:name",
    ),
    ("mail.queued", "a message was laid in the outbox", "mail:id class:name template:term"),
    ("mail.sent", "a message was handed to the mail server", "mail:id class:name attempts:count"),
    ("mail.failed", "a message was given up", "mail:id class:name attempts:count"),
    ("mail.in-doubt", "whether a message went out is not known; it is not sent again by itself", "mail:id class:name"),
    ("case.opened", "a case was opened", "case:id sort:term touchpoint:name due:moment"),
    ("case.taken", "somebody of the staff took a case", "case:id"),
    ("case.closed", "a case was closed", "case:id outcome:outcome"),
    ("grant.given", "somebody of the staff was given a role", "grant:id staff:id role:name review:version"),
    ("grant.reviewed", "a grant was looked at again and stays", "grant:id staff:id role:name review:version"),
    ("grant.ended", "a grant ended", "grant:id staff:id role:name outcome:outcome"),
    ("staff.sought", "staff looked for somebody by an exact identifier", "identifier:term found:count"),
    ("staff.signed-in", "somebody of the staff signed in", "staff:id method:term"),
    ("keys.rotated", "keys were wrapped anew under another key", "keys:count old:key new:key"),
    ("keys.destroyed", "keys were destroyed, and with them what they sealed", "keys:count items:count"),
    ("ledger.verified", "the ledger was checked from its first line", "size:count root:digest outcome:outcome"),
    (
        "ledger.restored",
        "the ledger goes on from a copy that was restored; `lost` lines behind it were signed and are gone",
        "size:count lost:count",
    ),
    ("shipment.booked", "a shipment was booked", "shipment:id order:id company:id touchpoint:name"),
    ("shipment.handed", "a shipment was handed to a carrier, or taken back", "shipment:id recipient:name outside:id"),
    ("shipment.event", "something happened to a shipment", "shipment:id event:id state:term source:term moment:moment"),
    (
        "shipment.event-refused",
        "a report about a shipment was not taken",
        "shipment:id state:term source:term outcome:outcome reason:term",
    ),
    (
        "shipment.proof-sent",
        "proof of delivery was queued for those the customer named",
        "shipment:id mails:count refused:count stopped:count",
    ),
    (
        "shipment.undelivered",
        "a delivery that was reported by mistake was taken back, and those who were told of it are told so",
        "shipment:id event:id mails:count refused:count stopped:count",
    ),
    ("route.made", "a driver's stops of a day were put behind a link", "route:id stops:count until:moment"),
    ("route.opened", "the driver's link was opened on the one device that it works on", "route:id"),
    ("route.refused", "the driver's link was refused", "route:id reason:term attempts:count"),
    ("route.ended", "a driver's link ended", "route:id"),
    ("program.added", "a program got a key", "program:id may:term"),
    ("program.ended", "a program's key ended", "program:id"),
    ("campaign.made", "a campaign was written", "campaign:id class:name"),
    ("campaign.tested", "a campaign was sent to the business's own address", "campaign:id class:name digest:digest"),
    (
        "campaign.scheduled",
        "a campaign was given its time",
        "campaign:id class:name digest:digest starts:moment reached:count withheld:count",
    ),
    (
        "campaign.begun",
        "a campaign began to be sent",
        "campaign:id class:name digest:digest reached:count withheld:count",
    ),
    ("campaign.paused", "a campaign was stopped before its end, or goes on", "campaign:id outcome:outcome"),
    ("campaign.done", "a campaign has come by everybody", "campaign:id class:name reached:count withheld:count"),
    ("campaign.cancelled", "a campaign was called off", "campaign:id class:name"),
    (
        "campaign.refused",
        "a campaign was wanted that the policy does not permit",
        "class:name data:names outcome:outcome",
    ),
    ("address.suppressed", "an address gets no more messages of a class", "class:name method:term mail:id"),
    ("address.lifted", "an address gets messages of a class again, after a yes", "class:name method:term"),
    (
        "mail.stopped",
        "a message was taken out of the outbox because of a no, or because its address gets no more",
        "mail:id class:name",
    ),
    ("mail.bounced", "a message came back", "mail:id class:name"),
    ("inbox.taken", "a message arrived and was taken in", "message:id sort:term case:id choice:name outcome:outcome"),
    (
        "inbox.left",
        "a message arrived that nothing follows from: a program wrote it, or it cannot be read",
        "message:id sort:term",
    ),
    ("case.assigned", "a case was given to somebody of the staff", "case:id staff:id"),
    ("case.sorted", "a case was given another kind, and with it another deadline", "case:id sort:term due:moment"),
    ("case.answered", "an answer to a case was queued", "case:id mail:id"),
    (
        "recipient.added",
        "somebody outside came into the register of recipients",
        "recipient:name outside:id review:version",
    ),
    (
        "recipient.reviewed",
        "a line of the register of recipients was looked at again",
        "recipient:name outside:id review:version",
    ),
    ("recipient.ended", "somebody outside gets nothing more", "recipient:name outside:id"),
    (
        "permission.used",
        "a permission was used, and is used up if it was for once",
        "permission:id disclosure:id outcome:outcome",
    ),
    (
        "data.disclosed",
        "data went to somebody outside",
        "disclosure:id data:names purpose:name recipient:name outside:id ground:name subject:id items:count digest:digest case:id",
    ),
    (
        "data.disclosure-refused",
        "data was asked for by or for somebody outside, and not given",
        "data:names purpose:name recipient:name outside:id ground:name subject:id outcome:outcome",
    ),
    ("demand.opened", "a legal demand was taken down", "demand:id ground:name recipient:name data:names people:count"),
    ("demand.asked", "a legal demand was put to those who approve", "demand:id ground:name digest:digest"),
    (
        "demand.narrowed",
        "a legal demand asked for more than its instrument, and the rest was left out",
        "demand:id data:names withheld:names",
    ),
    (
        "demand.released",
        "what a legal demand may have was given out",
        "demand:id people:count items:count digest:digest",
    ),
    ("demand.closed", "a legal demand was closed", "demand:id outcome:outcome"),
    (
        "demand.told",
        "the person was told of a legal demand, or may not be told yet",
        "demand:id mail:id outcome:outcome until:version",
    ),
    ("approval.given", "somebody agreed, or did not", "subject:id role:name method:term digest:digest outcome:outcome"),
    (
        "approval.stand-in",
        "nobody else holds the role, so a time of waiting began, or somebody outside was asked",
        "subject:id role:name method:term digest:digest standin:id until:moment",
    ),
    (
        "demand.bar-asked",
        "somebody asked that the people of a legal demand be told later, with a reason",
        "demand:id digest:digest until:version",
    ),
    (
        "demand.changed",
        "a legal demand was changed; who had agreed has to agree again",
        "demand:id data:names people:count",
    ),
    ("demand.read", "staff of the legal desk read what a demand rests on", "demand:id case:id"),
    (
        "demand.fetched",
        "the package of a legal demand was taken, for the how manieth time",
        "demand:id digest:digest times:count",
    ),
    ("merger.opened", "a merger was taken down", "merger:id outside:id"),
    ("merger.telling", "everybody is being told of a merger", "merger:id people:count from:moment"),
    ("merger.told", "one person was told of a merger", "merger:id mail:id"),
    ("merger.transferred", "data of those who were told went over", "merger:id people:count left:count"),
    (
        "merger.untold",
        "somebody could not be told of a merger, so what is held about them stays",
        "merger:id mail:id reason:term",
    ),
    (
        "merger.fetched",
        "a file of what went over was taken, for the how manieth time",
        "merger:id batch:count digest:digest times:count",
    ),
    (
        "copy.erased",
        "somebody who was erased was taken out of a sealed copy for somebody outside, or the copy was destroyed",
        "subject:id batch:count people:count digest:digest",
    ),
    (
        "copy.held",
        "a sealed copy waits with somebody in it who was erased, because an instrument asks for it",
        "subject:id until:moment",
    ),
    ("merger.done", "a merger has come by everybody", "merger:id people:count left:count"),
    ("merger.cancelled", "a merger was called off", "merger:id"),
    (
        "telling.pending",
        "somebody outside who holds data has to be told of a no",
        "outside:id recipient:name choice:name permission:id",
    ),
    ("telling.done", "somebody outside was told of a no", "outside:id recipient:name mail:id"),
    (
        "policy.announced",
        "a version of the policy was put before people; material where it takes, gives or keeps more, or protects less",
        "digest:digest material:outcome method:term starts:moment changes:count draft:id",
    ),
    ("policy.notice", "one account was told of a change of the policy", "mail:id"),
    ("policy.active", "a version of the policy began to bind", "digest:digest people:count"),
    ("policy.withheld", "a version of the policy was not let become active", "digest:digest reason:term"),
    ("policy.withdrawn", "an announced version was called off", "digest:digest"),
    (
        "policy.agreed",
        "a person agreed, or did not, to a version for what was taken before it",
        "outcome:outcome touchpoint:name evidence:digest",
    ),
    ("draft.begun", "somebody of the staff began to write a text of the policy", "draft:id digest:digest"),
    (
        "draft.changed",
        "the draft of a text was written on; said when somebody else writes, and once an hour",
        "draft:id digest:digest",
    ),
    ("draft.removed", "a draft was thrown away, or was too old", "draft:id digest:digest reason:term"),
    ("staff.closed", "somebody of the staff is let in no more", "staff:id"),
    (
        "report.made",
        "a report was made of groups in which nobody stands out",
        "report:term role:name groups:count withheld:count least:count purpose:name data:names",
    ),
    (
        "proof.made",
        "the policy was proven, sentence by sentence; `digest` is of the written proof, `policy` and `code` of what was proven",
        _PROOF,
    ),
    ("proof.asked", "somebody of the staff asked for a proof", ""),
    ("proof.broke-off", "a proof could not be finished", "run:id cause:term reason:term"),
    ("proof.broken", "a sentence is broken, as a proof found", "run:id"),
    ("proof.mended", "a sentence that was broken is so no more, as a proof found", "run:id"),
    ("proof.told", "whoever answers for privacy was told what a proof found, or that it broke off", "run:id mail:id"),
    (
        "attestation.signed",
        "somebody of a role vouched for a statement of the policy",
        "attestation:id role:name digest:digest until:moment",
    ),
    ("attestation.withdrawn", "somebody took back what they vouched for", "attestation:id role:name digest:digest"),
    ("attestation.refused", "somebody wanted to vouch without holding the role", "role:name digest:digest"),
    (
        "attestation.due",
        "a reminder went out that a statement has to be vouched for",
        "role:name digest:digest mail:id",
    ),
    ("visitor.walked", "an invented visitor walked the site from outside", "outcome:outcome steps:count failed:count"),
    ("demo.filled", "invented data was filled in for the demo", "people:count items:count seed:count"),
)
