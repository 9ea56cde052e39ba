from __future__ import annotations

import email.utils
import http.client
import json
import os
import random
import socket
import ssl
import time
from typing import Any, Callable, Dict, Mapping, Optional, Union
from urllib.parse import quote, urlencode, urlsplit

from ._errors import SignalboxError

DEFAULT_URL = "http://127.0.0.1:3000"
BUSY = frozenset((502, 503, 504))
NOT_SENT = (ConnectionRefusedError, socket.gaierror)

Body = Union[None, str, bytes, Dict[str, Any]]


def segment(text: str) -> str:
    return quote(text, safe="")


def is_passing(error: SignalboxError) -> bool:
    """Trouble that may be gone at the next try."""
    return error.status is None or error.status == 429 or error.status in BUSY


def may_try_again(error: SignalboxError, is_safe: bool) -> bool:
    if error.status == 429 or not error.was_sent:
        return True
    return is_safe and is_passing(error)


def backoff(failures: int, *, first: float = 0.25, most: float = 15.0, retry_after: Optional[float] = None) -> float:
    """Seconds before the next try: random below a limit that doubles, so that many callers do not come all at once."""
    if retry_after is not None:
        return retry_after + random.random() * first
    limit = min(most, first * 2 ** min(failures - 1, 16))
    return float(limit / 4 + random.random() * limit * 0.75)


def retry_after_of(error: Exception) -> Optional[float]:
    """Seconds that the server has asked for."""
    return error.retry_after if isinstance(error, SignalboxError) else None


class Server:
    """Where requests go, and who sends them."""

    def __init__(self, url: Optional[str] = None, token: Optional[str] = None) -> None:
        given = url or os.environ.get("SIGNALBOX_URL") or DEFAULT_URL
        parts = urlsplit(given)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SignalboxError(
                "INVALID",
                f"{given!r} is no address of a server.",
                advice=f"Give one such as {DEFAULT_URL}, as `url` or as SIGNALBOX_URL.",
                was_sent=False,
            )
        self.base = given.rstrip("/")
        self.token = token if token is not None else os.environ.get("SIGNALBOX_TOKEN")
        self._host = parts.hostname
        self._port = parts.port
        self._path = parts.path.rstrip("/")
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None

    def connect(self, timeout: float) -> http.client.HTTPConnection:
        if self._tls is not None:
            return http.client.HTTPSConnection(self._host, self._port, timeout=timeout, context=self._tls)
        return http.client.HTTPConnection(self._host, self._port, timeout=timeout)

    def target(self, path: str, query: Optional[Mapping[str, Any]]) -> str:
        given = {name: value for name, value in (query or {}).items() if value is not None}
        # The tools stand beside the API.
        root = "" if path.startswith("/tools/") else "/api/v1"
        return f"{self._path}{root}{path}" + (f"?{urlencode(given)}" if given else "")

    def headers(self, more: Optional[Mapping[str, str]]) -> Dict[str, str]:
        headers = {"Accept": "application/json", **(more or {})}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return headers


class Line:
    """One connection, kept open from request to request; of one thread, though any may cut it."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._connection: Optional[http.client.HTTPConnection] = None
        self._is_cut = False

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Optional[Mapping[str, Any]] = None,
        body: Body = None,
        headers: Optional[Mapping[str, str]] = None,
        timeout: float = 30.0,
    ) -> http.client.HTTPResponse:
        """The answer, its body unread; an error for any that is no success."""
        data = json.dumps(body).encode() if isinstance(body, dict) else body.encode() if isinstance(body, str) else body
        all_headers = self._server.headers(headers)
        if data is not None:
            all_headers.setdefault("Content-Type", "application/json")
        target = self._server.target(path, query)
        is_kept = self._connection is not None
        try:
            response = self._try(method, target, data, all_headers, timeout)
        except (http.client.RemoteDisconnected, ConnectionError) as error:
            # A line that was kept may have been closed meanwhile.
            if not is_kept or self._is_cut:
                raise self._unreachable(error) from error
            response = self._again(method, target, data, all_headers, timeout)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise self._unreachable(error) from error
        if 200 <= response.status < 300:
            return response
        try:
            text = response.read()
        except (OSError, http.client.HTTPException):
            text = b""
        raise _problem_of(response, text)

    def ask(self, method: str, path: str, **how: Any) -> Any:
        text = self.read(method, path, **how)
        try:
            return json.loads(text) if text else None
        except (ValueError, RecursionError) as error:
            # A proxy's page, not the server's answer.
            raise SignalboxError(
                "UNREACHABLE",
                f"{self._server.base} answered {method} {path} with something that is no JSON: {error}.",
                advice="Is SIGNALBOX_URL right, and is there a proxy in between that answers in its place?",
            ) from error

    def read(self, method: str, path: str, **how: Any) -> bytes:
        response = self.send(method, path, **how)
        try:
            return response.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise self._unreachable(error) from error

    def _again(self, *request: Any) -> http.client.HTTPResponse:
        try:
            return self._try(*request)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise self._unreachable(error) from error

    def _try(
        self, method: str, target: str, data: Optional[bytes], headers: Dict[str, str], timeout: float
    ) -> http.client.HTTPResponse:
        connection = self._connection
        if connection is None:
            connection = self._connection = self._server.connect(timeout)
        if connection.sock is not None:
            connection.sock.settimeout(timeout)
        try:
            connection.request(method, target, body=data, headers=headers)
            return connection.getresponse()
        except BaseException:
            self.close()
            raise

    def _unreachable(self, error: Exception) -> SignalboxError:
        base = self._server.base
        if isinstance(error, (socket.timeout, TimeoutError)):
            return SignalboxError("TIMEOUT", f"{base} did not answer in time.")
        return SignalboxError(
            "UNREACHABLE",
            f"{base} cannot be reached: {error or type(error).__name__}.",
            advice="Is the server running, and is SIGNALBOX_URL right?",
            was_sent=not isinstance(error, NOT_SENT),
        )

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def cut(self) -> None:
        """Ends a request that another thread waits for."""
        self._is_cut = True
        connection = self._connection
        try:
            if connection is not None and connection.sock is not None:
                connection.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class Http:
    """Requests of a client: a connection for each, tried again where that is harmless."""

    def __init__(self, server: Server, *, timeout: float = 30.0, retry_for: float = 30.0) -> None:
        self.server = server
        self._timeout = timeout
        self._retry_for = retry_for

    def call(self, method: str, path: str, *, is_safe: Optional[bool] = None, **how: Any) -> Any:
        return self._repeat(lambda line: line.ask(method, path, timeout=self._timeout, **how), method, is_safe)

    def fetch(self, path: str, **how: Any) -> bytes:
        data: bytes = self._repeat(lambda line: line.read("GET", path, timeout=self._timeout, **how), "GET", True)
        return data

    def _repeat(self, ask: Callable[[Line], Any], method: str, is_safe: Optional[bool]) -> Any:
        """Tries again what the server has not seen or turned away unread, and what is safe after any trouble."""
        until = time.monotonic() + self._retry_for
        failures = 0
        while True:
            line = Line(self.server)
            try:
                return ask(line)
            except SignalboxError as error:
                failures += 1
                wait = backoff(failures, most=5.0, retry_after=error.retry_after)
                if not may_try_again(error, method == "GET" if is_safe is None else is_safe):
                    raise
                if time.monotonic() + wait > until:
                    raise
                time.sleep(wait)
            finally:
                line.close()


def _problem_of(response: http.client.HTTPResponse, text: bytes) -> SignalboxError:
    try:
        problem = json.loads(text)
    except ValueError:
        problem = None  # A proxy's page, not the server's answer.
    if not isinstance(problem, dict):
        problem = {}

    def word(name: str) -> Optional[str]:
        value = problem.get(name)
        return value if isinstance(value, str) else None

    return SignalboxError(
        word("code") or f"HTTP_{response.status}",
        word("detail") or f"The server answered {response.status} {response.reason}.",
        status=response.status,
        advice=word("advice"),
        request_id=word("instance") or response.getheader("X-Request-Id"),
        retry_after=_read_retry_after(response.getheader("Retry-After")),
        details=problem,
    )


def _read_retry_after(header: Optional[str]) -> Optional[float]:
    """Seconds, or a date."""
    if header is None:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(header).timestamp() - time.time())
    except (TypeError, ValueError):
        return None
