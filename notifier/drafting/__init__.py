"""What a draft of the configuration would mean, once `notifier.drafts` has gathered the facts."""
