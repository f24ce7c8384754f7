"""A server on loopback that plays scripts, and sees what its clients do."""

from __future__ import annotations

import select
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias

from tests.kit.http import Request, head, read_request

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 5.0  # seconds that anything here waits at most
AT_ONCE = 0.1  # seconds within which a server sees that its client has left


class Do(Enum):
    """Steps of a script beside blocks of bytes, pauses in seconds and gates."""

    CUT = "reset the connection"
    STALL = "send nothing more until the client leaves"


class Gate:
    """A script waits at it until a test opens it, for all that come."""

    def __init__(self) -> None:
        self.inside, self._outside = socket.socketpair()

    def open(self) -> None:
        self._outside.send(b"!")

    def close(self) -> None:
        self.inside.close()
        self._outside.close()


Step: TypeAlias = bytes | float | Gate | Do
EVENT_STREAM = {"Content-Type": "text/event-stream"}


@dataclass(frozen=True)
class Answer:
    """What one request gets.

    Attributes:
        steps: played after the head, in order; the body ends well after the last one.
        before: a step that comes before the head.
    """

    steps: tuple[Step, ...] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: EVENT_STREAM)
    before: Step = b""


def script(*steps: Step, **fields: Any) -> Answer:
    return Answer(steps, **fields)


class ClientLeftError(Exception): ...


class ScriptCutError(Exception): ...


@dataclass
class Exchange:
    """One request and how its answer went."""

    request: Request
    connection: int
    left_at: float = 0.0
    sent: int = 0
    left: threading.Event = field(default_factory=threading.Event)
    blocked: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def seconds_to_leave(self, since: float) -> float:
        """How long after `since` the server saw that its client had left."""
        assert self.left.wait(LONGEST), "the client has not left"
        return self.left_at - since


class Server:
    """Each request gets the next answer of `play`; the last one is given again and again."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self.exchanges: list[Exchange] = []
        self._answers: list[Answer] = [script()]
        self._gates: list[Gate] = []
        self._connections: list[socket.socket] = []
        self._arrival = threading.Condition()
        self._threads = [threading.Thread(target=self._accept, name="test-server")]
        self._threads[0].start()

    def play(self, *answers: Answer) -> None:
        self._answers = list(answers)

    def gate(self) -> Gate:
        self._gates.append(Gate())
        return self._gates[-1]

    @property
    def connections(self) -> int:
        """How many there have been."""
        return len(self._connections)

    def exchange(self, number: int = 0) -> Exchange:
        """The exchange of this number; waits until its request has come."""
        with self._arrival:
            assert self._arrival.wait_for(lambda: len(self.exchanges) > number, LONGEST), "no such request has come"
        return self.exchanges[number]

    def busy(self) -> list[Exchange]:
        """The exchanges that go on after a moment given to those that are just ending."""
        deadline = time.monotonic() + 2
        return [one for one in self.exchanges if not one.over.wait(max(0.0, deadline - time.monotonic()))]

    def hang_up(self) -> None:
        """Close every connection and wait until that is done."""
        for connection in self._connections:
            shut_down(connection)
        for thread in self._threads[1:]:
            thread.join(LONGEST)

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()
        for thread in self._threads:
            thread.join(LONGEST)
        for gate in self._gates:
            gate.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection, len(self._connections)), name="test-server")
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while (request := read_request(connection)) is not None:
                exchange = Exchange(request, number)
                with self._arrival:
                    answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
                    self.exchanges.append(exchange)
                    self._arrival.notify_all()
                try:
                    play(connection, exchange, answer)
                except (ClientLeftError, OSError):
                    exchange.left_at = time.monotonic()
                    exchange.left.set()
                    return
                except ScriptCutError:
                    return
                finally:
                    exchange.over.set()


def play(connection: socket.socket, exchange: Exchange, answer: Answer) -> None:
    take(connection, exchange, answer.before)
    send(connection, exchange, head(answer.status, answer.headers))
    for step in answer.steps:
        take(connection, exchange, step)
    send(connection, exchange, b"0\r\n\r\n")


def take(connection: socket.socket, exchange: Exchange, step: Step) -> None:
    """Take one step of a script."""
    match step:
        case bytes():
            if step:
                send(connection, exchange, b"%x\r\n%b\r\n" % (len(step), step))
        case Gate():
            wait(connection, LONGEST, step)
        case Do.STALL:
            wait(connection, LONGEST)
            raise AssertionError("nobody has left a stream that stalls")
        case Do.CUT:
            reset = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
            raise ScriptCutError
        case seconds:
            wait(connection, seconds)


def send(connection: socket.socket, exchange: Exchange, data: bytes) -> None:
    """Send all of it; `exchange.blocked` is set while the client does not take it."""
    view = memoryview(data)
    while view:
        readable, writable, _ = select.select([connection], [connection], [], 0.05)
        if readable:
            raise ClientLeftError
        if writable:
            sent = connection.send(view[:65536], socket.MSG_DONTWAIT)
            exchange.sent += sent
            view = view[sent:]
        else:
            exchange.blocked.set()


def wait(connection: socket.socket, seconds: float, gate: Gate | None = None) -> None:
    """Wait for the time or the gate; a client that says anything meanwhile has left."""
    others = [gate.inside] if gate else []
    readable, _, _ = select.select([connection, *others], [], [], seconds)
    if connection in readable:
        raise ClientLeftError


def shut_down(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # it is gone already
        return


def unused_port() -> int:
    """A port of this machine where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
