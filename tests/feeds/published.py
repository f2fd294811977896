"""Publishing, and what then lies in the folder."""

from __future__ import annotations

from datetime import datetime

from lxml import etree

from feeds.folder import Folder
from feeds.formats.feedgenerator import ATOM
from feeds.publisher import publish
from tests.feeds.stories import NOW, settle

A = {"a": ATOM}


def go(folder, now=NOW):
    settle(now)
    return publish(folder, now)


def atom(folder, path="all"):
    return etree.parse(folder / f"{path}.atom").getroot()


def ids(folder, path="all"):
    return [node.text for node in atom(folder, path).findall("a:entry/a:id", A)]


def titles(folder, path="all"):
    return [node.text for node in atom(folder, path).findall("a:entry/a:title", A)]


def updated(folder, path="all"):
    return datetime.fromisoformat(atom(folder, path).findtext("a:updated", "", A))


def held(folder):
    return {name: (folder / name).read_bytes() for name in Folder(folder).files()}
