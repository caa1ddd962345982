"""PostgreSQL and Valkey for a workspace: the ones named by the environment, else private ones."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from .ports import next_free
from .servers import Server, postgres, valkey
from .workspace import load_secrets

Say = Callable[[str], None]
POSTGRES_PORT = 54320
VALKEY_PORT = 63790


class Backing:
    """The two servers of one workspace. `variables` are what the product must find in its environment."""

    def __init__(self, folder: Path, environment: dict[str, str], say: Say, *, durable: bool = True) -> None:
        self.folder, self.environment, self.say, self.durable = folder, environment, say, durable
        self.servers: list[Server] = []
        self.variables: dict[str, str] = {}
        self.described: list[tuple[str, str]] = []
        self._stack = ExitStack()

    def start(self) -> None:
        """Start what is not given. When the second server fails, the first is stopped again."""
        keys = load_secrets(self.folder)
        try:
            self._use(
                "DATABASE_URL",
                lambda port: postgres(self.folder, port=port, password=keys.postgres, durable=self.durable),
                POSTGRES_PORT,
            )
            self._use(
                "REDIS_URL",
                lambda port: valkey(self.folder, port=port, password=keys.valkey, durable=self.durable),
                VALKEY_PORT,
            )
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop what was started here, last first."""
        self._stack.close()

    def _use(self, variable: str, make: Callable[[int], Server], wanted: int) -> None:
        given = self.environment.get(variable)
        if given:
            self.variables[variable] = given
            self.described.append((variable, "from the environment"))
            return
        port = next_free(wanted)
        if port != wanted:
            self.say(f"port {wanted} is taken, using {port}")
        server = make(port)
        server.start()
        self._stack.callback(server.stop)
        self.servers.append(server)
        self.variables[variable] = server.url
        self.described.append(
            (server.programs.name, f"127.0.0.1:{port}, {server.programs.origin}: {server.programs.version()}")
        )
        if server.programs.origin != "wheel":
            self.say(f"{server.programs.name}: no wheel here, using {server.programs.origin}")
