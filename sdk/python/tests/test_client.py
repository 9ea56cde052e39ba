from __future__ import annotations

import unittest
from typing import List, Tuple
from unittest import mock

from signalbox import Client, SignalboxError
from signalbox._events import parse_events

from .scripted_server import CUT, PAGE, Answer, Asked, Script, ScriptedServer


class ClientTest(unittest.TestCase):
    def open(self, script: Script) -> Tuple[ScriptedServer, Client]:
        server = ScriptedServer(script)
        self.addCleanup(server.close)
        return server, Client(server.url, "the-token")

    def test_tells_of_a_refusal_with_its_code_its_sentence_and_what_to_do(self) -> None:
        problem = {"code": "CONFLICT", "detail": "It is going on.", "advice": "Wait.", "instance": "request-1"}
        server, client = self.open(lambda asked, count: Answer(409, problem))
        with self.assertRaises(SignalboxError) as caught:
            client.runs.replay("run_1")
        error = caught.exception
        self.assertEqual((error.code, error.status, error.request_id), ("CONFLICT", 409, "request-1"))
        self.assertEqual(str(error), "It is going on. Wait.")
        self.assertEqual(len(server.asked), 1)
        self.assertEqual(server.asked[0].headers["authorization"], "Bearer the-token")

    def test_starts_a_run_under_one_key_however_often_the_request_must_be_sent(self) -> None:
        answers = [CUT, Answer(503, headers={"Retry-After": "0"}), Answer(202, {"id": "run_1"})]
        server, client = self.open(lambda asked, count: answers[min(count, 3) - 1])
        self.assertEqual(client.runs.start("pipe_1", 1)["id"], "run_1")
        keys = [one.headers["idempotency-key"] for one in server.asked]
        self.assertEqual((len(keys), len(set(keys))), (3, 1))
        client.runs.start("pipe_1", 1)
        self.assertNotEqual(server.asked[-1].headers["idempotency-key"], keys[0])

    def test_makes_a_pipeline_under_a_key_too_which_may_be_the_callers(self) -> None:
        server, client = self.open(lambda asked, count: CUT if count == 1 else Answer(body={"id": "pipe_1"}))
        client.pipelines.create("x", [], idempotency_key="mine")
        client.pipelines.import_text("x", "stages: []")
        keys = [one.headers.get("idempotency-key") for one in server.asked]
        self.assertEqual(keys[:2], ["mine", "mine"])
        self.assertTrue(keys[2])

    def test_names_the_attempt_that_a_retry_is_to_follow_when_it_is_told(self) -> None:
        server, client = self.open(lambda asked, count: Answer(body={"id": "run_1"}))
        client.tasks.retry("task_1")
        client.tasks.retry("task_1", attempt=2)
        self.assertEqual([one.body for one in server.asked], [{}, {"attempt": 2}])

    def test_does_not_send_twice_what_may_have_had_effect(self) -> None:
        for answer in (CUT, Answer(503)):
            with self.subTest(answer=answer):
                server, client = self.open(lambda asked, count: answer)
                with self.assertRaises(SignalboxError):
                    client.pipelines.update_draft("pipe_1", 1, {})
                self.assertEqual(len(server.asked), 1)

    def test_sends_again_what_was_turned_away_unread(self) -> None:
        limited = Answer(429, {"code": "LIMITED"}, {"Retry-After": "0"})
        server, client = self.open(lambda asked, count: limited if count == 1 else Answer(body={"id": "pipe_1"}))
        client.pipelines.update_draft("pipe_1", 1, {})
        self.assertEqual(len(server.asked), 2)

    def test_says_what_to_do_when_there_is_no_server(self) -> None:
        with self.assertRaises(SignalboxError) as caught:
            Client("http://127.0.0.1:1", retry_for=0).agents.list()
        self.assertEqual(caught.exception.code, "UNREACHABLE")
        self.assertIn("SIGNALBOX_URL", caught.exception.advice or "")
        with self.assertRaisesRegex(SignalboxError, "no address of a server"):
            Client("here")

    def test_gives_versions_and_dead_letters_over_all_pages(self) -> None:
        def answer(asked: Asked, count: int) -> Answer:
            field = "versions" if asked.path.endswith("/versions") else "dead_letters"
            if "cursor" in asked.query:
                return Answer(body={field: [{"id": "last"}], "next_cursor": None})
            return Answer(body={field: [{"id": "first"}], "next_cursor": "more"})

        server, client = self.open(answer)
        both = [{"id": "first"}, {"id": "last"}]
        self.assertEqual(client.pipelines.versions("pipe_1"), both)
        self.assertEqual(client.queues.dead_letters(kind="task"), both)
        before = len(server.asked)
        self.assertEqual(client.queues.dead_letters(limit=1), both[:1])
        self.assertEqual(len(server.asked), before + 1)

    def test_goes_through_every_page_of_a_list(self) -> None:
        def script(asked: Asked, count: int) -> Answer:
            if asked.query.get("cursor") == ["run_2"]:
                return Answer(body={"runs": [{"id": "run_1"}], "next_cursor": None})
            return Answer(body={"runs": [{"id": "run_3"}, {"id": "run_2"}], "next_cursor": "run_2"})

        server, client = self.open(script)
        ids = [run["id"] for run in client.runs.all(status=["failed", "cancelled"])]
        self.assertEqual(ids, ["run_3", "run_2", "run_1"])
        self.assertEqual([one.query["status"] for one in server.asked], [["failed,cancelled"]] * 2)


class WorkspaceTest(unittest.TestCase):
    def test_reads_as_anybody_and_acts_under_its_name_and_hand_out(self) -> None:
        server = ScriptedServer(lambda asked, count: Answer(200, {"messages": []}))
        self.addCleanup(server.close)
        files = Client(server.url).workspace("task_1_0", as_="writer", epoch=2)
        files.read("a.md")
        files.write("a.md", "x", base_version=1)
        files.claim("src/**", 30)
        self.assertEqual(files.inbox(seen=4), [])
        who = {"task_id": "task_1_0", "as": "writer", "epoch": 2}
        self.assertEqual(
            [(one.path, one.body) for one in server.asked],
            [
                ("/tools/file_read", {"task_id": "task_1_0", "path": "a.md"}),
                ("/tools/file_write", {**who, "path": "a.md", "content": "x", "base_version": 1}),
                ("/tools/claim_file", {**who, "paths": ["src/**"], "seconds": 30}),
                ("/tools/inbox", {**who, "seen": 4}),
            ],
        )

    def test_does_not_send_a_change_twice_and_tells_what_it_ran_into(self) -> None:
        conflict = {"kind": "outdated", "version": 3, "changed_by": "reviewer"}
        problem = {"code": "CONFLICT", "detail": "a.md is at version 3.", "conflict": conflict}
        server = ScriptedServer(lambda asked, count: Answer(409, problem))
        self.addCleanup(server.close)
        with self.assertRaises(SignalboxError) as caught:
            Client(server.url).workspace("run_1").edit("a.md", [{"old": "a", "new": "b"}], base_version=1)
        self.assertEqual(caught.exception.details["conflict"], conflict)
        self.assertEqual(len(server.asked), 1)


def event(seq: int) -> bytes:
    return b'id: %d\ndata: {"seq":%d,"type":"task.ready"}\n\n' % (seq, seq)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
END = b'event: end\ndata: {"status":"succeeded"}\n\n'


class FollowTest(unittest.TestCase):
    def test_goes_on_after_the_last_number_when_its_line_breaks_and_gives_nothing_twice(self) -> None:
        def script(asked: Asked, count: int) -> Answer:
            if asked.query["after"] == ["0"]:
                return Answer(raw=HEAD + event(1) + event(2) + b'id: 3\ndata: {"se')
            return Answer(raw=HEAD + event(2) + event(3) + END)

        server = ScriptedServer(script)
        self.addCleanup(server.close)
        seen = [entry["seq"] for entry in Client(server.url).runs.follow("run_1")]
        self.assertEqual(seen, [1, 2, 3])
        self.assertEqual([one.query["after"] for one in server.asked], [["0"], ["2"]])

    def test_is_not_asked_for_again_at_once_when_nothing_was_told(self) -> None:
        server = ScriptedServer(lambda asked, count: PAGE if count <= 3 else Answer(raw=HEAD + event(1) + END))
        self.addCleanup(server.close)
        with mock.patch("signalbox._events.time") as clock:
            seen = [entry["seq"] for entry in Client(server.url).runs.follow("run_1")]
        self.assertEqual(seen, [1])
        self.assertEqual(clock.sleep.call_count, 3)

    def test_tells_of_an_answer_that_is_none(self) -> None:
        server = ScriptedServer(lambda asked, count: PAGE)
        self.addCleanup(server.close)
        with self.assertRaisesRegex(SignalboxError, "is no JSON.*SIGNALBOX_URL") as caught:
            Client(server.url, retry_for=0).runs.get("run_1")
        self.assertEqual(caught.exception.code, "UNREACHABLE")

    def test_reads_messages_of_several_lines(self) -> None:
        text = b': hello\n\nretry: 1000\n\nevent: end\r\ndata: {"a":\r\ndata: 1}\r\n\r\n'
        self.assertEqual(list(parse_events(text.splitlines(True))), [("end", '{"a":\n1}')])


class LogTest(unittest.TestCase):
    def setUp(self) -> None:
        #: What the stages of a run have written.
        self.written: List[List[str]] = [["1", "3", "4", "5"], ["2"], []]
        self.finished: List[List[bool]] = []
        self.server = ScriptedServer(lambda asked, count: self.answer(asked, count))
        self.addCleanup(self.server.close)
        self.client = Client(self.server.url, "the-token")

    def answer(self, asked: Asked, count: int) -> Answer:
        if asked.path.endswith("/logs"):
            return self.page(asked)
        # The first stage says one thing more after its end, the second goes on, the third never begins.
        self.written[count - 1].append("67"[count - 1])
        ends = [{"stage": stage, "attempt": int(stage < 2), "finished_at": "now" if is_over else None}
                for stage, is_over in enumerate(self.finished[count - 1])]
        return Answer(body={"stages": ends, "finished_at": "now" if all(self.finished[count - 1]) else None})

    def page(self, asked: Asked) -> Answer:
        """Three lines behind the place that was asked for."""
        query = {name: values[0] for name, values in asked.query.items()}
        place = query.get("cursor") or query.get("beyond") or "-1.1.-1"
        stage, _, line = (int(part) for part in place.split("."))
        left = [
            {"stage": at, "epoch": 1, "line": number, "message": message, "timestamp": message}
            for at, messages in enumerate(self.written)
            for number, message in enumerate(messages)
            if (at, number) > (stage, line) and query.get("stage", str(at)) == str(at)
        ]
        more = len(left) > 3
        return Answer(body={"logs": left[:3], "next_cursor": f"{left[2]['stage']}.1.{left[2]['line']}" if more else None})

    def test_is_read_to_its_end_over_all_pages_in_order_of_time(self) -> None:
        self.assertEqual([line["message"] for line in self.client.runs.logs("run_1")], list("12345"))
        self.assertEqual([line["message"] for line in self.client.runs.logs("run_1", stage=1)], ["2"])

    def test_gives_each_line_once_when_it_is_followed_also_those_that_are_stored_after_the_end(self) -> None:
        self.finished = [[True, False, False], [True, True, True]]
        lines = self.client.runs.logs("run_1", follow=True, level="warn")
        self.assertEqual([line["message"] for line in lines], list("1234567"))
        asked = [one.query for one in self.server.asked if one.path.endswith("/logs")]
        places = [(query.get("stage"), query.get("beyond")) for query in asked]
        first = (None, None)
        self.assertEqual(places, [first, first, (["0"], ["0.1.3"]), (["1"], ["1.1.0"]), (["1"], ["1.1.0"])])
        self.assertTrue(all(query["level"] == ["warn"] for query in asked))
