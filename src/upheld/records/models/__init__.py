"""All models of the data, one file a subject."""

from upheld.records.models.campaigns import Campaign, CampaignMail, Standing, Suppression
from upheld.records.models.cases import Case
from upheld.records.models.choices import Answer
from upheld.records.models.disclosures import (
    Approval,
    Demand,
    DemandBar,
    DemandPackage,
    DemandPerson,
    Disclosure,
    Merger,
    MergerBatch,
    MergerNotice,
    Recipient,
    StandIn,
    Telling,
)
from upheld.records.models.drafts import PolicyDraft
from upheld.records.models.facts import FactNumber
from upheld.records.models.forms import Shown, Throttle, UsedToken
from upheld.records.models.inbound import Inbound
from upheld.records.models.items import Item
from upheld.records.models.ledger import Checkpoint, Entry, Tile
from upheld.records.models.outbox import Outgoing
from upheld.records.models.people import Identifier, Membership, Person, Session, SignIn, Token
from upheld.records.models.permissions import Permission
from upheld.records.models.proofs import Attestation, ProofMail, ProofRun, SentenceChange, VisitorWalk
from upheld.records.models.publications import Agreement, PolicyNotice, Publication
from upheld.records.models.shipments import NamedAddress, Program, Route, RouteStop, Shipment, ShipmentEvent
from upheld.records.models.staff import Grant, Staff

__all__ = [
    "Agreement",
    "Answer",
    "Approval",
    "Attestation",
    "Campaign",
    "CampaignMail",
    "Case",
    "Checkpoint",
    "Demand",
    "DemandBar",
    "DemandPackage",
    "DemandPerson",
    "Disclosure",
    "Entry",
    "FactNumber",
    "Grant",
    "Identifier",
    "Inbound",
    "Item",
    "Membership",
    "Merger",
    "MergerBatch",
    "MergerNotice",
    "NamedAddress",
    "Outgoing",
    "Permission",
    "Person",
    "PolicyDraft",
    "PolicyNotice",
    "Program",
    "ProofMail",
    "ProofRun",
    "Publication",
    "Recipient",
    "Route",
    "RouteStop",
    "SentenceChange",
    "Session",
    "Shipment",
    "ShipmentEvent",
    "Shown",
    "SignIn",
    "Staff",
    "StandIn",
    "Standing",
    "Suppression",
    "Telling",
    "Throttle",
    "Tile",
    "Token",
    "UsedToken",
    "VisitorWalk",
]
