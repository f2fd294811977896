"""All of Herald's addresses and the demo's, as in a demo home."""

from django.urls import include, path

from config.urls import urlpatterns as herald

urlpatterns = [*herald, path("", include("notifier.demo.urls"))]
