"""How the admin site writes days and instants, in place of Django's "Nov. 28, 2026, 2:34 p.m."."""

DATE_FORMAT = "j M Y"
DATETIME_FORMAT = r"Y-m-d H:i \U\T\C"
