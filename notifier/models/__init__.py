"""Subscribers, what they chose, and the mail that follows from it."""

from notifier.models.ask import Allowance, Ask
from notifier.models.canary import Canary
from notifier.models.channel import Channel, Lease, Pulse, RelayState, Suppression
from notifier.models.consent import Consent, Erasure
from notifier.models.correction import Correction, CorrectionDue, Watch
from notifier.models.day import DayCount, Summary
from notifier.models.delivery import Delivery
from notifier.models.dispatch import Chain, Dispatch, Match, Particular, Settling, Tally
from notifier.models.edition import Edition, EditionRelease, EditionText, Rendering
from notifier.models.history import Spell, Turn
from notifier.models.importing import Import, ImportBatch, Imported
from notifier.models.interest import Description, Interest
from notifier.models.parting import Farewell, Move
from notifier.models.reply import Reply
from notifier.models.schedule import QUICKEST_FIRST, Frequency, Schedule
from notifier.models.subscriber import NOBODY, Cadence, Subscriber, Subscription
from notifier.models.text import Text

__all__ = [
    "NOBODY",
    "QUICKEST_FIRST",
    "Allowance",
    "Ask",
    "Cadence",
    "Canary",
    "Chain",
    "Channel",
    "Consent",
    "Correction",
    "CorrectionDue",
    "DayCount",
    "Delivery",
    "Description",
    "Dispatch",
    "Edition",
    "EditionRelease",
    "EditionText",
    "Erasure",
    "Farewell",
    "Frequency",
    "Import",
    "ImportBatch",
    "Imported",
    "Interest",
    "Lease",
    "Match",
    "Move",
    "Particular",
    "Pulse",
    "RelayState",
    "Rendering",
    "Reply",
    "Schedule",
    "Settling",
    "Spell",
    "Subscriber",
    "Subscription",
    "Summary",
    "Suppression",
    "Tally",
    "Text",
    "Turn",
    "Watch",
]
