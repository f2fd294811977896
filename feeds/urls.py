"""The addresses of the newsroom's pages. Feeds themselves (`.atom`, `.rss`, `.json`) are served by `feeds.serving`."""

from __future__ import annotations

from django.urls import include, path
from django.views.generic import RedirectView

from feeds.pages import assets, feedlist, live, releases, search, selection, site, terms

app_name = "feeds"
urlpatterns = [
    path("releases/<str:key>", releases.release, name="release"),
    path("offices/", terms.offices, name="offices"),
    path("offices/<slug:slug>", terms.office, name="office"),
    path("topics/", terms.topics, name="topics"),
    path("topics/<slug:slug>", terms.topic, name="topic"),
    path("feeds/", feedlist.feeds, name="feeds"),
    path("feeds/selection", selection.page, name="selection"),
    path("feeds/selection.<str:suffix>", selection.feed, name="selection-feed"),
    path("search", search.search, name="search"),
    path("live", live.selection, name="live"),
    path("live/<path:path>", live.feed, name="live-feed"),
    path("feeds/all", feedlist.everything, name="all"),
    path("feeds/untagged", feedlist.untagged, name="untagged"),
    path("feeds/<path:path>", feedlist.of_path, name="feed"),
    path("feeds.opml", feedlist.outlines, name="opml"),
    path("static/<slug:tag>/<str:name>", assets.asset, name="asset"),
    path("icon.svg", site.icon, name="icon"),
    path("favicon.ico", RedirectView.as_view(pattern_name="feeds:icon")),
    path("robots.txt", site.robots, name="robots"),
    path("", include("feeds.api.urls")),
]
