from django.apps import AppConfig
from django.db.models.signals import post_migrate


class FeedsConfig(AppConfig):
    name = "feeds"
    verbose_name = "Newsroom"

    def ready(self) -> None:
        from feeds import health, metrics, sections, triggers

        post_migrate.connect(triggers.install_after_migrate, sender=self)
        sections.register()
        health.register()
        metrics.register()
