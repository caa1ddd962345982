"""Pooled connections to one vendor, with the key added to each request at the last moment."""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy
from ipaddress import ip_address
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from .config import VendorConfig
from .redaction import silence_client_libraries

silence_client_libraries()


def open_session(config: VendorConfig) -> requests.Session:
    """A session safe for many threads: no retries of its own, no cookies kept, no ~/.netrc, no proxy for loopback."""
    session = requests.Session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = HTTPAdapter(pool_connections=4, pool_maxsize=32, max_retries=0)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    session.headers.update({"Accept-Encoding": "gzip, deflate", "User-Agent": config.user_agent})
    session.auth = _KeyAuth(config)
    # A proxy from the environment is for the internet; the simulated vendors listen on loopback.
    session.trust_env = not is_loopback(config.base_url)
    return session


def is_loopback(url: str) -> bool:
    """Whether the URL names this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _KeyAuth(AuthBase):
    """Adds the key while the request is prepared. Being an auth object it also keeps requests from reading ~/.netrc."""

    def __init__(self, config: VendorConfig) -> None:
        self._config = config

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        kind, _, name = self._config.auth.partition(":")
        key = self._config.api_key
        if not key or not kind:
            return request
        if kind == "query":
            request.prepare_url(request.url, {name: key})
        elif kind == "header":
            request.headers[name] = key
        else:
            request.headers["Authorization"] = f"Bearer {key}"
        return request
