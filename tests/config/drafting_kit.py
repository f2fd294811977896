"""A client of an admin who applies each draft as soon as there is one."""

from __future__ import annotations

from typing import Any

from django.test import Client

from config.models import Draft


class Hasty(Client):
    """As Django's; when a POST leads to the review of a draft, that is applied, and the answer is the one to that."""

    def post(self, path: str, *args: Any, follow: bool = False, **kwargs: Any) -> Any:
        answer = super().post(path, *args, **kwargs)
        place = answer.get("Location", "")
        if "/admin/config/draft/" in place and "/change/" in place:
            answer = apply(self, place)
        return self.get(answer["Location"]) if follow and "Location" in answer else answer


def apply(client: Client, place: str = "", note: str = "") -> Any:
    """Apply the draft that is reviewed at `place`, or the only one there is."""
    place = place or f"/admin/config/draft/{Draft.objects.get().pk}/change/"
    review = client.get(place)
    assert review.status_code == 200, place
    seen = review.context["review"].seen
    return Client.post(client, place, {"apply": "1", "seen": seen, "note": note})
