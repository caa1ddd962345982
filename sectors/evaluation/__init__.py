"""What stored readings were worth: read with what happened afterwards, counted, reported; and recomputed blind.

`readings` pairs each stored reading with its `outcomes`; `scoreboard` counts; `report` prints; `look_ahead` computes
stored readings again from rows cut at their moment.
"""
