"""The parts of sending; `notifier.sender` puts them in order."""
