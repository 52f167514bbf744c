"""The standard keys by which functions are known (fideslang 3.1, `x.*` where it has none); knows no policy."""

from __future__ import annotations

from upheld.core.fields.kinds import CONTENT, CREDENTIALS, EMAIL, ORGANISATION, PROMOTION, SURVEY, USERNAME
from upheld.core.shipping.ordering import ORDER, SHIPMENT, USE

__all__ = [
    "CONTENT",
    "CREDENTIALS",
    "EMAIL",
    "ORDER",
    "ORGANISATION",
    "PROMOTION",
    "SHIPMENT",
    "SURVEY",
    "USE",
    "USERNAME",
]

APPOINTMENT, QUOTE, REQUEST = "x.request.appointment", "x.request.quote", "x.request"
EVENT, COMMUNITY = "x.event", "x.account.community"
MAIL_LOG, MAIL_OPENED = "x.mail.delivery", "x.mail.opened"
PAYMENT, CART, DOWNLOAD = "user.financial", "x.order.cart", "x.download"
VIEWING, RATING = "user.content.private", "x.content.rating"
POST, OPPORTUNITY = "user.content.public", "x.content.opportunity"
TREATMENT, LOCATION = "user.health_and_medical", "user.location"
TOKEN, PIXEL, BEACON = "x.token", "x.pixel", "x.pixel.banner"
PAGES = "user.behavior.browsing_history"
# what a server can tell of a visit
VISIT = (PAGES, "user.device", "x.visit")
NAME, ADDRESS = "user.name", "user.contact.address"

SERVICE, SECURITY, FRAUD = "essential.service", "essential.service.security", "essential.fraud_detection"
CLEARING = "essential.service.payment_processing"
ESSENTIAL, MARKETING, ADVERTISING = "essential", "marketing", "marketing.advertising"
OTHERS_MARKETING = "marketing.third_party"
ANALYTICS, REPORTING, RESEARCH, IMPROVING = (
    "analytics",
    "analytics.reporting",
    "analytics.research",
    "functional.service.improve",
)
PERSONAL, TAX = "personalize", "x.tax"
