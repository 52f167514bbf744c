"""Shipments: what a customer booked, what became of it, who drives it, who is to hear of it; words and addresses are sealed in items."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from upheld.records.models.people import Person


class Shipment(models.Model):
    """One shipment, known to people by its `number` (`2026-000123`) and to programs by its id.

    `person` is the customer whose shipment it is and whose items hold its words: whoever booked it, or the company for which
    they did; `company` then is its id as well. `booked_by` is who booked it, whose account may be closed before the
    company's. `order` and `addressee` are the items that hold what was ordered and whom it goes to, `told` the item that
    says how it ended and who received it. `offer` is the name of the offer in
    the policy file's `site`, `weight` the step of its prices, `price` whole cents. `recipient` is the declared recipient
    who carries it further (none: the business itself), `carrier` the row of the recipients register. `changed_at` is the moment of the event that gave it its state.
    """

    id = models.CharField(max_length=24, primary_key=True)
    site = models.CharField(max_length=63)
    number = models.CharField(max_length=24)
    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    company = models.CharField(max_length=24, blank=True)
    booked_by = models.CharField(max_length=24, blank=True)
    order = models.CharField(max_length=24)
    addressee = models.CharField(max_length=24, blank=True)
    told = models.CharField(max_length=24, blank=True)
    offer = models.CharField(max_length=80, blank=True)
    weight = models.CharField(max_length=40, blank=True)
    price = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=24, default="booked")
    recipient = models.CharField(max_length=80, blank=True)
    carrier = models.CharField(max_length=24, blank=True)
    version = models.DateField()
    booked_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["site", "number"], name="one_shipment_a_number")]
        indexes: ClassVar = [
            models.Index(fields=["site", "state", "booked_at"], name="shipment_by_state"),
            models.Index(fields=["site", "person", "booked_at"], name="shipment_by_person"),
            models.Index(fields=["site", "company", "booked_at"], name="shipment_by_company"),
            models.Index(fields=["site", "carrier", "number"], name="shipment_by_carrier"),
        ]


class ShipmentEvent(models.Model):
    """One thing that happened to a shipment: when it happened (`at`) and when we heard of it (`noted_at`).

    `serial` is the number that whoever reports gives to the event, so that the same report twice counts once. `source` is
    `customer`, `staff`, `driver` or `program`, `by` which of them. `is_late` marks one that came after a later one and changed nothing.
    """

    id = models.CharField(max_length=24, primary_key=True)
    site = models.CharField(max_length=63)
    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE)
    state = models.CharField(max_length=24)
    at = models.DateTimeField()
    noted_at = models.DateTimeField()
    source = models.CharField(max_length=16)
    by = models.CharField(max_length=40, blank=True)
    serial = models.CharField(max_length=64, blank=True)
    is_late = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["shipment", "source", "by", "serial"], condition=~models.Q(serial=""), name="one_event_a_serial"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["site", "shipment", "at"], name="event_by_shipment")]


class NamedAddress(models.Model):
    """An address that a customer named for one shipment: who is to hear of the delivery, and whether they were told.

    `place` counts from 1. The address itself lies in the shipment's item; `digest` is its blind index, by which a stop finds it. `stop` is the
    hash of the token in the stop link. States: named, queued, stopped, refused, own (it is the customer's own, and hears once).
    """

    site = models.CharField(max_length=63)
    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE)
    place = models.PositiveSmallIntegerField()
    digest = models.BinaryField(max_length=16)
    index_version = models.PositiveSmallIntegerField(default=1)
    stop = models.BinaryField(max_length=32, default=bytes)
    message = models.CharField(max_length=24, blank=True)
    state = models.CharField(max_length=16, default="named")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["shipment", "place"], name="one_address_a_place")]
        indexes: ClassVar = [
            models.Index(fields=["site", "stop"], name="address_by_stop"),
            models.Index(fields=["site", "digest"], name="address_by_digest"),
        ]


class Route(models.Model):
    """One driver's stops of one day, behind a link that works on one device and until the day ends.

    `link` is the hash of the link's token, `code` the hash of the number that the driver is told apart from the link;
    `device` is the hash of the token in the browser that opened it first. Wrong numbers are counted in `failures`, and
    how often another browser came with the link in `elsewhere`. `role` is the one by which its stops are seen: that of
    whoever made it, as long as they hold it.
    """

    id = models.CharField(max_length=24, primary_key=True)
    site = models.CharField(max_length=63)
    name = models.CharField(max_length=40)
    made_by = models.CharField(max_length=40)
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    link = models.BinaryField(max_length=32)
    code = models.CharField(max_length=200)
    role = models.CharField(max_length=80)
    failures = models.PositiveSmallIntegerField(default=0)
    elsewhere = models.PositiveSmallIntegerField(default=0)
    device = models.BinaryField(max_length=32, default=bytes)
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["site", "made_at"], name="route_by_site"),
            models.Index(fields=["site", "link"], name="route_by_link"),
        ]


class RouteStop(models.Model):
    """One shipment on a route, at its place."""

    site = models.CharField(max_length=63)
    route = models.ForeignKey(Route, on_delete=models.CASCADE)
    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE)
    place = models.PositiveSmallIntegerField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["route", "shipment"], name="once_on_a_route")]


class Program(models.Model):
    """A program outside that may report events or fetch the feed of a carrier; only the hash of its key is kept.

    `may` is `events` or `feed`; `carrier` the row of the recipients register that it belongs to (none: the business's own).
    """

    id = models.CharField(max_length=24, primary_key=True)
    site = models.CharField(max_length=63)
    name = models.CharField(max_length=80)
    may = models.JSONField(default=list)
    carrier = models.CharField(max_length=24, blank=True)
    digest = models.BinaryField(max_length=32, unique=True)
    made_by = models.CharField(max_length=40)
    made_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
