"""Temperature by the hour: passes over the universe, squeeze risk, recommendation, verdicts, the pull on the light."""
