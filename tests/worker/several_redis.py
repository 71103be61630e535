"""Redis on several machines, of this one: three sentinels that watch a master; a cluster."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot
from redis.retry import Retry

from tests.conftest import WAIT
from worker.jobs.keys import PREFIX

PASSWORD = "open sesame"
NAME = "atelier"
"""Of the master, as the sentinels call it."""
SLOTS = REDIS_CLUSTER_HASH_SLOTS
SLOT = key_slot(PREFIX.encode())


class Node:
    """One redis-server on a port of its own, with an append-only file. `environment` is added to
    ours.
    """

    def __init__(
        self, program: str, folder: Path, *options: str, password: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.program = program
        self.folder = folder
        self.options = options
        self.environment = environment or {}
        self.port = _free_port()
        self.known_port = self.port
        """Under which the others and the clients reach it."""
        self.client = redis.Redis(
            port=self.port, password=password or None, retry=Retry(NoBackoff(), 0),
            socket_timeout=2, decode_responses=True,
        )  # fmt: skip
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir()

    def start(self) -> None:
        """Return when it answers."""
        command = [self.program, *self.options, "--port", str(self.port), "--bind", "127.0.0.1"]
        self.process = subprocess.Popen(
            [*command, "--dir", str(self.folder)], stdout=subprocess.DEVNULL, cwd=self.folder,
            env={**os.environ, **self.environment},
        )  # fmt: skip
        eventually(self.answers)

    def answers(self) -> bool:
        """Whether it does."""
        if self.process is None or self.process.poll() is not None:
            return False
        try:
            return bool(self.client.ping())
        except redis.RedisError:
            return False

    def kill(self) -> None:
        """End it as a crash would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """In the block it keeps its connections and says nothing."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        """Leave nothing behind."""
        self.client.close()
        if self.process is not None:
            self.kill()


class Sentinels:
    """A master, its replicas, and three sentinels that watch them. After `silence`, in
    milliseconds, a node counts as down. `environment` is that of the nodes; `way`: port -> the port
    of a proxy through which that one is to be reached.
    """

    def __init__(
        self, program: str, folder: Path, replicas: int, *, silence: int = 300,
        environment: Mapping[str, str] | None = None, way: Callable[[int], int] | None = None,
    ) -> None:  # fmt: skip
        options = ["--appendonly", "yes", "--save", "", "--requirepass", PASSWORD]
        options += ["--masterauth", PASSWORD, "--repl-diskless-sync-delay", "0"]
        self.nodes = [
            Node(
                program, folder / f"node-{i}", *options, password=PASSWORD, environment=environment
            )
            for i in range(1 + replicas)
        ]
        for node in self.nodes if way else ():
            node.known_port = way(node.port)
            node.options += ("--replica-announce-ip", "127.0.0.1")
            node.options += ("--replica-announce-port", str(node.known_port))
        first = self.nodes[0].known_port
        for node in self.nodes[1:]:
            node.options += ("--replicaof", "127.0.0.1", str(first))
        self.sentinels = []
        for i in range(3):
            sentinel = Node(program, folder / f"sentinel-{i}", "sentinel.conf", "--sentinel")
            (sentinel.folder / "sentinel.conf").write_text(
                f"sentinel monitor {NAME} 127.0.0.1 {first} 2\n"
                f'sentinel auth-pass {NAME} "{PASSWORD}"\n'
                f"sentinel down-after-milliseconds {NAME} {silence}\n"
                f"sentinel failover-timeout {NAME} {10 * silence}\n"
            )
            self.sentinels.append(sentinel)
        hosts = ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in self.sentinels)
        self.url = f"redis+sentinel://:{PASSWORD.replace(' ', '%20')}@{hosts}/{NAME}/0"

    def start(self) -> None:
        """Start who does not run, and return when all know each other and the replicas follow. That
        a former master does, which the sentinels see to within ten seconds, is seen to here.
        """
        for node in (*self.nodes, *self.sentinels):
            if not node.answers():
                node.start()
        for sentinel in self.sentinels:
            eventually(lambda sentinel=sentinel: self._knows_all(sentinel))
        master = self.master
        for node in self.nodes:
            if node is not master and node.client.role()[0] == "master":
                node.client.execute_command("REPLICAOF", "127.0.0.1", master.known_port)
        eventually(lambda: online(master) == len(self.nodes) - 1)

    def _knows_all(self, sentinel: Node) -> bool:
        state: dict[str, Any] = sentinel.client.sentinel_master(NAME)
        return (state["num-other-sentinels"], state["num-slaves"]) == (2, len(self.nodes) - 1)

    @property
    def master(self) -> Node:
        """As most of the sentinels see it."""
        seen = [
            sentinel.client.sentinel_get_master_addr_by_name(NAME)[1]
            for sentinel in self.sentinels
            if sentinel.process is not None and sentinel.process.poll() is None
        ]
        port = max(seen, key=seen.count)
        return next(node for node in self.nodes if node.known_port == port)

    def until_moved(self, old: Node) -> None:
        """Return when another is the master."""
        eventually(lambda: self.master is not old and self.master.client.role()[0] == "master")

    def close(self) -> None:
        """Leave nothing behind."""
        for node in (*self.sentinels, *self.nodes):
            node.close()


@contextlib.contextmanager
def sentinels(program: str, *, replicas: int = 1) -> Iterator[Sentinels]:
    """Started, and ended at the end of the block."""
    with tempfile.TemporaryDirectory(prefix="atelier-") as folder:
        group = Sentinels(program, Path(folder), replicas)
        try:
            group.start()
            yield group
        finally:
            group.close()


class Cluster:
    """Three masters with a replica each."""

    def __init__(self, program: str, folder: Path) -> None:
        options = ["--cluster-enabled", "yes", "--cluster-node-timeout", "500"]
        options += ["--appendonly", "yes", "--save", "", "--repl-diskless-sync-delay", "0"]
        self.nodes = [Node(program, folder / f"node-{i}", *options) for i in range(6)]
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes[3:])
        self.url = f"redis+cluster://{hosts}"

    def create(self) -> None:
        """Return when the cluster is ready."""
        for node in self.nodes:
            node.start()
        for node in self.nodes[1:]:
            ask(self.nodes[0], "MEET", "127.0.0.1", node.port)
        third = SLOTS // 3 + 1
        for i, (master, replica) in enumerate(zip(self.nodes[:3], self.nodes[3:], strict=True)):
            ask(master, "ADDSLOTS", *range(i * third, min((i + 1) * third, SLOTS)))
            name = ask(master, "MYID")
            eventually(lambda replica=replica, name=name: name in ask(replica, "NODES"))
            ask(replica, "REPLICATE", name)
        self.start()

    def start(self) -> None:
        """Start who does not run, and return when all is well."""
        for node in self.nodes:
            if not node.answers():
                node.start()
        for node in self.nodes:
            eventually(lambda node=node: _is_well(node))
        eventually(lambda: sum(online(node) for node in self.nodes) == 3)

    @property
    def master(self) -> Node:
        """Where our keys are."""
        return next(node for node in self.nodes if _serves(node))

    @property
    def replica(self) -> Node:
        """Who follows it."""
        [port] = [int(port) for _, port, _ in self.master.client.role()[2]]
        return next(node for node in self.nodes if node.known_port == port)

    def move_to(self, replica: Node) -> None:
        """Make it the master; a node on a busy machine may give up, and is asked again."""
        ask_at = 0.0

        def moved() -> bool:
            nonlocal ask_at
            if self.master is replica:
                return True
            if time.monotonic() >= ask_at:
                ask_at = time.monotonic() + 6  # it tries for five seconds
                ask(replica, "FAILOVER")
            return False

        eventually(moved)

    def close(self) -> None:
        """Leave nothing behind."""
        for node in self.nodes:
            node.close()


@contextlib.contextmanager
def cluster(program: str) -> Iterator[Cluster]:
    """Started, and ended at the end of the block."""
    with tempfile.TemporaryDirectory(prefix="atelier-") as folder:
        group = Cluster(program, Path(folder))
        try:
            group.create()
            yield group
        finally:
            group.close()


def eventually(check: Callable[[], bool]) -> None:
    """Return when it is so."""
    end = time.monotonic() + WAIT
    while not check():
        assert time.monotonic() < end, f"waited in vain for {check}"
        time.sleep(0.02)


def online(master: Node) -> int:
    """Its replicas that follow."""
    info: dict[str, Any] = master.client.info("replication")
    return sum(info[f"slave{i}"]["state"] == "online" for i in range(int(info["connected_slaves"])))


def ask(node: Node, *command: str | int) -> str:
    """CLUSTER …"""
    return str(node.client.execute_command("CLUSTER", *command))


def _is_well(node: Node) -> bool:
    lines = ask(node, "INFO").split()
    return {"cluster_state:ok", "cluster_known_nodes:6", "cluster_size:3"} <= set(lines)


def _serves(node: Node) -> bool:
    """Whether it is the master of our keys, as it sees itself."""
    if not node.answers():
        return False
    [me] = [line.split() for line in ask(node, "NODES").splitlines() if "myself" in line]
    ranges = [each.split("-") for each in me[8:]]
    return any(int(slots[0]) <= SLOT <= int(slots[-1]) for slots in ranges)


def _free_port() -> int:
    """With that of the cluster's bus, 10,000 higher, free too."""
    while True:
        with socket.socket() as server, socket.socket() as bus, contextlib.suppress(OSError):
            server.bind(("127.0.0.1", 0))
            port = int(server.getsockname()[1])
            if port < 2**16 - 10_000:
                bus.bind(("127.0.0.1", port + 10_000))
                return port
