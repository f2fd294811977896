from django.db import migrations

from feeds.search import index


def create(_apps, editor):
    index.create(editor.connection)


def drop(_apps, editor):
    index.drop(editor.connection)


class Migration(migrations.Migration):
    """The index alone; it is filled by the looks that follow, some releases at each."""

    dependencies = [("feeds", "0009_logo")]

    operations = [migrations.RunPython(create, drop)]
