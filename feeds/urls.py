"""The addresses of the newsroom's pages. Feeds themselves (`.atom`, `.rss`, `.json`) are served by `feeds.serving`."""

from __future__ import annotations

from django.urls import include, path

from feeds.pages import feedlist, releases, site, terms

app_name = "feeds"
urlpatterns = [
    path("releases/<str:key>", releases.release, name="release"),
    path("offices/", terms.offices, name="offices"),
    path("offices/<slug:slug>", terms.office, name="office"),
    path("topics/", terms.topics, name="topics"),
    path("topics/<slug:slug>", terms.topic, name="topic"),
    path("feeds/", feedlist.feeds, name="feeds"),
    path("feeds/all", feedlist.everything, name="all"),
    path("feeds/untagged", feedlist.untagged, name="untagged"),
    path("feeds/offices/<slug:slug>", feedlist.to_page, {"kind": "office"}),
    path("feeds/topics/<slug:slug>", feedlist.to_page, {"kind": "topic"}),
    path("theme.css", site.theme, name="theme"),
    path("robots.txt", site.robots, name="robots"),
    path("", include("feeds.api.urls")),
]
