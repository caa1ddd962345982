"""Vendors: network in, records out, no ORM.

`http` is the one seam to the network, `errors` the one tree of what can go wrong, `limits` what the workers share about
a vendor (token bucket, circuit breaker, health, what the plan does not cover). `polygon` and `fmp` hold the endpoints
and the parsers; `registry` puts them together and falls over from one source to the next. Only `setup` reads Django's
settings.
"""
