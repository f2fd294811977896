"""Subscribers, what they chose, and the mail that follows from it."""

from notifier.models.channel import Channel, Lease, Suppression
from notifier.models.delivery import Delivery
from notifier.models.dispatch import Chain, Dispatch, Match, Particular, Settling
from notifier.models.edition import Edition, EditionRelease, Rendering
from notifier.models.interest import Interest
from notifier.models.schedule import Frequency, Schedule
from notifier.models.subscriber import Cadence, Subscriber, Subscription
from notifier.models.text import Text

__all__ = [
    "Cadence",
    "Chain",
    "Channel",
    "Delivery",
    "Dispatch",
    "Edition",
    "EditionRelease",
    "Frequency",
    "Interest",
    "Lease",
    "Match",
    "Particular",
    "Rendering",
    "Schedule",
    "Settling",
    "Subscriber",
    "Subscription",
    "Suppression",
    "Text",
]
