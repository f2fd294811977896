"""The demo's addresses. Included only in a demo home; every view refuses elsewhere all the same."""

from __future__ import annotations

from django.urls import path

from notifier.demo import desk, mailbox

app_name = "demo"
urlpatterns = [
    path("demo", desk.desk, name="desk"),
    path("demo/", desk.desk),
    path("demo/publish", desk.publish, name="publish"),
    path("demo/releases/<int:release>/correct", desk.correct, name="correct"),
    path("demo/releases/<int:release>/withdraw", desk.withdraw, name="withdraw"),
    path("demo/tomorrow", desk.tomorrow, name="tomorrow"),
    path("demo/kill", desk.kill, name="kill"),
    path("demo/roll-call", desk.roll_call, name="roll_call"),
    path("demo/actions/<str:id>", desk.action, name="action"),
    path("demo/worker", desk.worker, name="worker"),
    path("demo/mailbox", mailbox.listing, name="mailbox"),
    path("demo/mailbox/<str:id>", mailbox.letter, name="letter"),
    path("demo/mailbox/<str:id>/html", mailbox.letter_html, name="letter_html"),
    path("demo/mailbox/<str:id>/source", mailbox.letter_source, name="letter_source"),
]
