from django.apps import AppConfig
from django.db.models.signals import post_migrate


class NotifierConfig(AppConfig):
    name = "notifier"
    verbose_name = "Subscriptions"

    def ready(self) -> None:
        from feeds.pages import beside
        from notifier import health, metrics, sections, singletons
        from notifier.canary import telling
        from notifier.pages import elsewhere, outlook

        post_migrate.connect(singletons.create_after_migrate, sender=self)
        sections.register()
        health.register()
        metrics.register()
        telling.register()
        beside.register(outlook.lines)
        beside.register_form(elsewhere.signup)
