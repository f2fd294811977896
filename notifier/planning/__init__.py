"""The parts of planning; `notifier.planner` puts them in order."""
