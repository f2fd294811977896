from __future__ import annotations

from django.db import models


class Ask(models.Model):
    """Somebody typed an address and wants a letter. What becomes of it is decided when it is dealt with, a moment
    later: so the answer, and the time it takes, tell nobody whether the address is known.
    """

    class Kind(models.TextChoices):
        SUBSCRIBE = "subscribe"
        MANAGE = "manage"
        WATCH = "watch"

    kind = models.CharField(max_length=10, choices=Kind)
    address = models.BinaryField(max_length=600, help_text="AES-SIV; see notifier.addresses.")
    content = models.JSONField(default=dict, help_text="A wish, or the key of a release.")
    language = models.CharField(max_length=10)
    zone = models.CharField(max_length=64)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"ask {self.pk}"


class Allowance(models.Model):
    """How much those behind one network address, or all together ("all"), have asked for of late: one instant each
    (GCRA). The name is a hash under a key of the day.
    """

    name = models.CharField(max_length=32, primary_key=True)
    even_at = models.DateTimeField(help_text="When they will be even.")

    def __str__(self) -> str:
        return self.name
