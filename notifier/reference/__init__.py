"""The pages of docs/reference, made from what the code says of itself: settings, commands, API, metrics and the rest.

`scripts/reference` writes them; `tests/docs/test_reference.py` makes them again and compares. Whoever finds a sentence
there that should read otherwise changes it where it stands in the code. See docs/decisions/0094.
"""
