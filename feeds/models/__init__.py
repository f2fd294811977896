"""The newsroom: its offices, topics and types, where releases come from, and the releases themselves."""

from feeds.models.change import Announcement, Change, Cursor, NoticeState
from feeds.models.feed import HubFailure, HubPing, SavedFeed
from feeds.models.membership import ArchivePage, Membership
from feeds.models.newsroom import Newsroom
from feeds.models.readership import FeedDay, ReportedSubscribers
from feeds.models.release import CANARY, Release, ReleaseKey, Standing
from feeds.models.source import ApiToken, HeldFetch, Source, SourceState
from feeds.models.terms import Office, PendingLabel, PendingTerm, ReleaseType, Topic
from feeds.models.upkeep import PageCheck, ReleaseVersion, ReleaseWarning, Suggestion, TranslationLink

__all__ = [
    "CANARY",
    "Announcement",
    "ApiToken",
    "ArchivePage",
    "Change",
    "Cursor",
    "FeedDay",
    "HeldFetch",
    "HubFailure",
    "HubPing",
    "Membership",
    "Newsroom",
    "NoticeState",
    "Office",
    "PageCheck",
    "PendingLabel",
    "PendingTerm",
    "Release",
    "ReleaseKey",
    "ReleaseType",
    "ReleaseVersion",
    "ReleaseWarning",
    "ReportedSubscribers",
    "SavedFeed",
    "Source",
    "SourceState",
    "Standing",
    "Suggestion",
    "Topic",
    "TranslationLink",
]
