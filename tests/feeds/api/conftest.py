from tests.feeds.api.kit import desk

__all__ = ["desk"]
