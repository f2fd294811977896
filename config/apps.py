from collections.abc import Sequence
from importlib import import_module

from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core import checks
from django.db.models.signals import post_migrate
from unfold.apps import DefaultAppConfig

from config.without import without


class Unfold(DefaultAppConfig):  # type: ignore[misc] # it has no types
    def ready(self) -> None:
        with without(
            "psycopg"
        ):  # for fields of PostgreSQL, of which we have none; where it is used, it is loaded
            import_module("unfold.overrides")
        super().ready()


class Admin(SimpleAdminConfig):
    """Its pages are loaded with the addresses (`config.urls`): they are a third of all that is loaded, and commands,
    schedulers and workers show none.
    """

    def ready(self) -> None:
        checks.register(check_dependencies, checks.Tags.admin)
        checks.register(_check_pages, checks.Tags.admin)


def _check_pages(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[checks.CheckMessage]:
    import_module("config.urls")
    return check_admin_app(app_configs, **kwargs)


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = "Configuration"

    def ready(self) -> None:
        from config import guard, health, metrics, roles
        from config.accounts import entering

        entering.connect()
        metrics.gauge(
            "herald_problem", "1 where /readyz finds something wrong, by check.", ("about",), health.samples
        )
        post_migrate.connect(roles.sync_after_migrate, dispatch_uid="roles")
        post_migrate.connect(guard.install_after_migrate, sender=self, dispatch_uid="audit guard")
