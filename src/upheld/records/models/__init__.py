"""All models of the data, one file a subject."""

from upheld.records.models.cases import Case
from upheld.records.models.choices import Answer
from upheld.records.models.facts import FactNumber
from upheld.records.models.forms import Shown, Throttle, UsedToken
from upheld.records.models.items import Item
from upheld.records.models.ledger import Checkpoint, Entry, Tile
from upheld.records.models.outbox import Outgoing
from upheld.records.models.people import Identifier, Membership, Person, Session, SignIn, Token
from upheld.records.models.permissions import Permission
from upheld.records.models.staff import Grant, Staff

__all__ = [
    "Answer",
    "Case",
    "Checkpoint",
    "Entry",
    "FactNumber",
    "Grant",
    "Identifier",
    "Item",
    "Membership",
    "Outgoing",
    "Permission",
    "Person",
    "Session",
    "Shown",
    "SignIn",
    "Staff",
    "Throttle",
    "Tile",
    "Token",
    "UsedToken",
]
