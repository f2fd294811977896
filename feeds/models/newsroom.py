from __future__ import annotations

from django.db import models


class Newsroom(models.Model):
    """The newsroom's own facts: one row, edited like all configuration. Slugs, names and texts, no secrets."""

    name = models.CharField(max_length=200, default="Newsroom")
    publisher = models.CharField(
        max_length=200, default="Newsroom", help_text="The organisation, as author of feeds."
    )
    description = models.TextField(default="", blank=True)
    language = models.CharField(
        max_length=35, default="en", help_text="Of releases that do not name theirs (BCP 47)."
    )
    zone = models.CharField(max_length=64, default="UTC", help_text="IANA time zone of the newsroom.")
    tag_authority = models.CharField(
        max_length=200, default="localhost,2025", help_text="For tag: URIs (RFC 4151); never change it."
    )
    home_url = models.CharField(max_length=500, default="", blank=True)
    sender_name = models.CharField(max_length=200, default="Newsroom")
    sender_address = models.CharField(max_length=254, default="newsroom@localhost")
    list_domain = models.CharField(
        max_length=200, default="localhost", help_text="Domain of List-Id and Message-ID."
    )
    contact = models.CharField(max_length=254, default="", blank=True)
    postal_address = models.CharField(max_length=300, default="", blank=True)
    brand = models.CharField(max_length=7, default="#0b4a8f", help_text="Brand colour on light ground.")
    brand_dark = models.CharField(max_length=7, default="#8dbdf2", help_text="Brand colour on dark ground.")
    logo = models.TextField(
        default="", blank=True, help_text="An SVG, or a PNG as data:image/png;base64,…; at most 40 kB."
    )
    logo_dark = models.TextField(
        default="", blank=True, help_text="The same for dark ground, where it needs another."
    )
    logo_has_name = models.BooleanField(
        default=False, help_text="The logo holds the newsroom's name; pages do not write it beside it."
    )
    feed_content = models.CharField(
        max_length=10, default="full", choices=[("full", "full text"), ("summary", "summary only")]
    )
    edition_sections = models.CharField(
        max_length=10,
        default="topic",
        choices=[("topic", "by topic"), ("office", "by office"), ("none", "none")],
        help_text="How a message with more than a few releases is divided.",
    )
    edition_images = models.BooleanField(
        default=False,
        help_text="Pictures in mail. They are fetched from where they lie, which tells that server who reads.",
    )
    edition_most = models.PositiveSmallIntegerField(
        default=40, help_text="Releases in one message at most; of the others it says how many, with a link."
    )
    hub = models.CharField(
        max_length=500, default="", blank=True, help_text="A WebSub hub that is told of changes; empty: none."
    )
    hub_topics = models.PositiveSmallIntegerField(
        default=1, help_text="How many feeds one request may name. 1 suits every hub; some take more."
    )

    class Meta:
        verbose_name_plural = "newsroom"
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_newsroom")]

    def __str__(self) -> str:
        return self.name
