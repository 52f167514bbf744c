"""What the browser is asked about a passkey, written into an attribute, so that no script stands inside the page."""

from __future__ import annotations

import json

from django import template
from django.core.serializers.json import DjangoJSONEncoder

register = template.Library()


@register.filter
def as_json(value: object) -> str:
    """The value as JSON; the template escapes it."""
    return json.dumps(value, cls=DjangoJSONEncoder)
