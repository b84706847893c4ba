"""Published figures, one module each; each runs its yardstick in the same run, since machines are noisy."""
