"""Where the pages about one policy of a site stand, and which policy an address is about; knows no page."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404
from django.urls import reverse

from upheld.web.hosts import SiteRequest
from upheld.web.shelf import Shelved

SURFACE_WORDS = {"web": "for this site", "app": "for the app"}
BESIDE = "beside-"  # how the names of addresses begin for a policy that stands beside the first one of its site


@dataclass(frozen=True, slots=True)
class Addresses:
    """The pages about one policy, below the prefix of the request being answered; `surface` is empty for a site's first."""

    surface: str = ""

    def find(self, page: str, /, **parts: str) -> str:
        """The address of the page of this name."""
        if not self.surface:
            return reverse(page, kwargs=parts)
        return reverse(f"{BESIDE}{page}", kwargs={"surface": self.surface, **parts})

    @property
    def words(self) -> str:
        """What leads to the version in force."""
        return name_policy(self.surface)

    @property
    def policy(self) -> str:
        """The version in force."""
        return self.find("policy")

    @property
    def versions(self) -> str:
        """All versions."""
        return self.find("versions")

    @property
    def ask(self) -> str:
        """The page where the gate is asked."""
        return self.find("ask")

    @property
    def proof(self) -> str:
        """How far the policy is upheld."""
        return self.find("proof")

    def version(self, day: str) -> str:
        """One version."""
        return self.find("version", day=day)

    def changes(self, old: str, new: str) -> str:
        """What changed between two versions."""
        return self.find("changes", old=old, new=new)

    def document(self, name: str) -> str:
        """A document that the policy has shown."""
        return self.find("document", name=name)


@dataclass(frozen=True, slots=True)
class PolicyLink:
    """One policy of a site: what people call it, and where it stands."""

    words: str
    href: str
    surface: str


def find_policy(request: SiteRequest, surface: str = "") -> Shelved:
    """The policy that an address is about: the site's first, or the one that it has for another surface.

    Raises Http404 for a surface that has no address of its own here.
    """
    if not surface:
        return request.shelved
    found = next((other for other in request.shelved.beside if other.surface == surface), None)
    if found is None:
        raise Http404
    return found


def find_addresses(shelved: Shelved) -> Addresses:
    """Where the pages about this policy stand."""
    return Addresses(shelved.surface if shelved.home is not None else "")


def list_policies(shelved: Shelved) -> tuple[PolicyLink, ...]:
    """The policies of a site, the first one first; a site with one policy has none to choose from."""
    if len(shelved.policies) == 1:
        return ()
    return tuple(
        PolicyLink(name_policy(one.surface), find_addresses(one).policy, one.surface) for one in shelved.policies
    )


def name_policy(surface: str) -> str:
    """What people call a policy; with the surface where it is not the first of its site, or the site has several."""
    return f"Privacy policy {SURFACE_WORDS[surface]}" if surface else "Privacy policy"
