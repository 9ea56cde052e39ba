"""A server that answers as a test says: the trouble that a real one does not make when it is asked to."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Dict, List, NamedTuple, Optional
from urllib.parse import parse_qs, urlsplit


class Asked(NamedTuple):
    method: str
    path: str
    query: Dict[str, List[str]]
    headers: Dict[str, str]
    body: Any


class Answer(NamedTuple):
    status: int = 200
    body: Any = None
    headers: Dict[str, str] = {}
    #: The connection is cut after this, without an answer.
    raw: Optional[bytes] = None


CUT = Answer(raw=b"")
#: As a proxy says it: with a status that promises an answer.
PAGE = Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 14\r\n\r\n<h1>Login</h1>")
Script = Callable[[Asked, int], Answer]


class ScriptedServer:
    def __init__(self, script: Script) -> None:
        self.asked: List[Asked] = []
        self._lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def serve(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                text = self.rfile.read(length)
                parts = urlsplit(self.path)
                path = parts.path.replace("/api/v1", "")
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = json.loads(text) if text else None
                asked = Asked(self.command, path, parse_qs(parts.query), headers, body)
                with server._lock:
                    server.asked.append(asked)
                    count = sum(1 for one in server.asked if one[:2] == asked[:2])
                self.give(script(asked, count))

            def give(self, answer: Answer) -> None:
                if answer.raw is not None:
                    self.wfile.write(answer.raw)
                    self.close_connection = True
                    return
                data = b"" if answer.body is None else json.dumps(answer.body).encode()
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = serve

            def log_message(self, format: str, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, request: Any, client_address: Any) -> None:
                pass  # Whoever asked has gone: some tests end so.

        self._http = Server(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def reports(self) -> List[Dict[str, Any]]:
        with self._lock:
            asked = [one for one in self.asked if one.path.endswith("/reports")]
        return [report for one in asked for report in one.body["reports"]]

    def count(self, word: str) -> int:
        with self._lock:
            return sum(1 for one in self.asked if one.path.endswith(f"/{word}"))

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


Doors = Callable[[str, Asked, int], Optional[Answer]]
SERVE = {"order": "serve", "generation": 1}


def agent_doors(own: Doors) -> Script:
    """Doors for one agent: what is not said is answered as by a server that has nothing to do."""

    def answer(asked: Asked, count: int) -> Answer:
        word = asked.path.rpartition("/")[2]
        given = own(word, asked, count)
        if given is not None:
            return given
        if word == "register":
            return Answer(201, {"agent_id": "agent_1", "generation": 1})
        if word == "claim":
            time.sleep(0.05)
            return Answer(body={"tasks": [], "orders": SERVE})
        if word == "heartbeat":
            return Answer(body={**SERVE, "answers": [{"status": "ok"} for _ in asked.body["tasks"]]})
        return Answer(body={"answers": [{"status": "ok"} for _ in asked.body["reports"]]})

    return answer


def task(number: int) -> Dict[str, Any]:
    return {
        "task_id": f"task_{'a' * 32}_{number}",
        "run_id": f"run_{'a' * 32}",
        "epoch": 1,
        "attempt": 1,
        "stage": "work",
        "capability": "work",
        "config": {},
        "input": number,
        "parameters": {},
    }


def claimed(*tasks: Dict[str, Any]) -> Answer:
    return Answer(body={"tasks": list(tasks), "orders": SERVE})


def until(what: str, condition: Callable[[], Any], within: float = 20.0) -> Any:
    """Waits for a condition, never for a time."""
    deadline = time.monotonic() + within
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"Waited {within} s in vain for {what}.")
        time.sleep(0.01)
