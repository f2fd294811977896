"""The addresses of the pages with which a reader chooses, confirms, changes and leaves (see `notifier.pages`)."""

from __future__ import annotations

from django.urls import path

from notifier import invitations
from notifier.firstrun import mailing
from notifier.firstrun import pages as setup
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
    status,
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
    path("status", status.status, name="status"),
    path("status.json", status.facts, name="status-json"),
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
    path("setup", setup.begin, name="setup"),
    path("setup/newsroom", setup.newsroom, name="setup-newsroom"),
    path("setup/look", setup.look, name="setup-look"),
    path("setup/sender", setup.sender, name="setup-sender"),
    path("setup/relay", mailing.relay, name="setup-relay"),
    path("setup/records", mailing.dns, name="setup-records"),
    path("setup/source", setup.source, name="setup-source"),
    path("setup/account", setup.account, name="setup-account"),
    path("setup/test", mailing.test, name="setup-test"),
    path("setup/ready", setup.ready, name="setup-ready"),
    path("setup/sample", setup.sample, name="setup-sample"),
    path("watch/<str:key>", watch.ask, name="watch-ask"),
    path("watch/<str:key>/<str:token>", watch.watch, name="watch"),
    path("unwatch/<str:key>/<str:token>", watch.unwatch, name="unwatch"),
]
