from django.apps import AppConfig
from django.db.models.signals import post_migrate


class NotifierConfig(AppConfig):
    name = "notifier"
    verbose_name = "Subscriptions"

    def ready(self) -> None:
        from notifier import health, metrics, sections, singletons

        post_migrate.connect(singletons.create_after_migrate, sender=self)
        sections.register()
        health.register()
        metrics.register()
