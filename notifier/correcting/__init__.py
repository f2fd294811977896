"""The parts of corrections; `notifier.corrections` puts them in order."""
