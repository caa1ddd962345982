"""Pure computation of the themes: arrays and numbers in, numbers out; no database, no network, no clock."""
