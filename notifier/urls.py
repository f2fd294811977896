"""The addresses of the pages with which a reader chooses, confirms, changes and leaves (see `notifier.pages`)."""

from __future__ import annotations

from django.urls import path

from notifier import invitations
from notifier.pages import (
    about,
    add,
    confirm,
    editions,
    elsewhere,
    front,
    leave,
    lost,
    manage,
    move,
    own,
    private,
    subscribe,
    watch,
    webhooks,
)

app_name = "notifier"
urlpatterns = [
    path("", front.front, name="front"),
    path("subscribe", subscribe.subscribe, name="subscribe"),
    path("subscribe/form", elsewhere.form, name="paste"),
    path("subscribe/elsewhere", elsewhere.arrived, name="elsewhere"),
    path("subscribe/sent", subscribe.sent, name="sent"),
    path("manage/", lost.lost, name="lost"),
    path("privacy", about.privacy, name="privacy"),
    path("accessibility", about.accessibility, name="accessibility"),
    path("confirm/<str:token>", confirm.confirm, name="confirm"),
    path("manage/<str:token>", manage.manage, name="manage"),
    path("manage/<str:token>/data", own.data, name="data"),
    path("manage/<str:token>/erase", own.erase, name="erase"),
    path("move/<str:token>", move.move, name="move"),
    path("feeds/private/<str:token>.<str:suffix>", private.feed, name="private"),
    path("add/<str:token>", add.add, name="add"),
    path("editions/<str:token>", editions.edition, name="edition"),
    path("unsubscribe/<str:token>", leave.leave, name="unsubscribe"),
    path("webhooks/<slug:provider>", webhooks.report, name="webhook"),
    path("admin/invitation/<str:token>/", invitations.accept, name="invitation"),
    path("watch/<str:key>", watch.ask, name="watch-ask"),
    path("watch/<str:key>/<str:token>", watch.watch, name="watch"),
    path("unwatch/<str:key>/<str:token>", watch.unwatch, name="unwatch"),
]
