"""The newsroom: its offices, topics and types, where releases come from, and the releases themselves."""

from feeds.models.change import Announcement, Change, Cursor, NoticeState
from feeds.models.membership import Membership
from feeds.models.newsroom import Newsroom
from feeds.models.release import Release, ReleaseKey, Standing
from feeds.models.source import Source
from feeds.models.terms import Office, PendingLabel, PendingTerm, ReleaseType, Topic

__all__ = [
    "Announcement",
    "Change",
    "Cursor",
    "Membership",
    "Newsroom",
    "NoticeState",
    "Office",
    "PendingLabel",
    "PendingTerm",
    "Release",
    "ReleaseKey",
    "ReleaseType",
    "Source",
    "Standing",
    "Topic",
]
