from __future__ import annotations

import asyncio
import threading
import unittest
from typing import Any, Callable, Dict, List, Tuple
from unittest import mock

from signalbox import Agent, SignalboxError, Task, TaskFailure

from .scripted_server import CUT, PAGE, SERVE, Answer, Asked, Doors, ScriptedServer, agent_doors, claimed, task, until


def giving(*tasks: Dict[str, Any]) -> Doors:
    """The first claim is answered with these."""

    def doors(word: str, asked: Asked, count: int) -> Any:
        return claimed(*tasks) if word == "claim" and count == 1 else None

    return doors


class AgentTest(unittest.TestCase):
    def open(self, doors: Doors) -> ScriptedServer:
        server = ScriptedServer(agent_doors(doors))
        self.addCleanup(server.close)
        return server

    def join(
        self, server: ScriptedServer, work: Callable[[Task], Any], max_concurrency: int = 1
    ) -> Tuple[Agent, List[str]]:
        troubles: List[str] = []
        agent = Agent(
            "worker", url=server.url, token="t", beat=0.05, max_concurrency=max_concurrency, on_trouble=troubles.append
        )
        agent.handles("work")(work)
        agent.start()
        self.addCleanup(agent.stop)
        return agent, troubles

    def test_beats_while_its_handler_spins_and_the_loop_sees_that_it_is_no_longer_wanted(self) -> None:
        beats: List[int] = []

        def doors(word: str, asked: Asked, count: int) -> Any:
            if word == "heartbeat" and asked.body["tasks"]:
                beats.append(1)
                stop = {"status": "stop", "reason": "the run is cancelled"}
                return Answer(body={**SERVE, "answers": [{"status": "ok"} if len(beats) < 4 else stop]})
            return giving(task(1))(word, asked, count)

        def work(given: Task) -> None:
            while not given.cancelled:
                pass
            given.raise_if_cancelled()

        server = self.open(doors)
        self.join(server, work)
        until("the answer", server.reports)
        self.assertEqual(server.reports()[0]["type"], "cancelled")
        self.assertGreaterEqual(len(beats), 4)

    def test_lets_a_crash_of_whatever_kind_be_the_failure_of_one_attempt(self) -> None:
        def work(given: Task) -> Any:
            if given.input == 1:
                raise RuntimeError("raised")
            if given.input == 2:
                raise SystemExit("it wants to leave")
            if given.input == 3:
                return {"not": {"a", "set"}}
            if given.input == 4:
                return float("nan")
            if given.input == 5:
                raise TaskFailure("No price.", error_class="invalid-input", code="NO_PRICE", details={"row": 7})
            return given.input

        server = self.open(lambda word, asked, count: claimed(task(count)) if word == "claim" and count <= 6 else None)
        self.join(server, work)
        until("six answers", lambda: len(server.reports()) == 6)
        told = [report.get("error", {}) for report in server.reports()]
        self.assertEqual([error.get("code") for error in told[:2]], ["AGENT_ERROR"] * 2)
        self.assertEqual([error.get("message") for error in told[:2]], ["raised", "it wants to leave"])
        self.assertIn("RuntimeError: raised", told[0]["details"]["stack"])
        self.assertEqual([error.get("code") for error in told[2:4]], ["NOT_JSON"] * 2)
        self.assertEqual(
            told[4], {"class": "invalid-input", "code": "NO_PRICE", "message": "No price.", "details": {"row": 7}}
        )
        self.assertEqual(server.reports()[5]["output"], 6)

    def test_refuses_a_failure_of_a_class_that_there_is_not_with_what_it_was_to_say(self) -> None:
        def work(_: Task) -> Any:
            raise TaskFailure("No price.", error_class="invalid_input")

        server = self.open(giving(task(1)))
        self.join(server, work)
        until("the answer", lambda: len(server.reports()) == 1)
        error = server.reports()[0]["error"]
        self.assertEqual((error["class"], error["code"]), ("agent", "AGENT_ERROR"))
        self.assertIn("cannot have the class 'invalid_input': use one of agent, timeout, invalid-input", error["message"])
        self.assertIn("It was to say: No price.", error["message"])

    def test_runs_async_handlers_and_cancels_them(self) -> None:
        def doors(word: str, asked: Asked, count: int) -> Any:
            if word == "heartbeat":
                stop = {"status": "stop", "reason": "enough"}
                answers = [stop if beat["task_id"].endswith("_2") else {"status": "ok"} for beat in asked.body["tasks"]]
                return Answer(body={**SERVE, "answers": answers})
            return giving(task(1), task(2))(word, asked, count)

        async def work(given: Task) -> Any:
            if given.input == 2:
                await asyncio.sleep(3600)
            return given.effect_key

        server = self.open(doors)
        self.join(server, work, max_concurrency=2)
        until("both answers", lambda: len(server.reports()) == 2)
        answers = {report["task_id"][-1]: report for report in server.reports()}
        self.assertEqual(answers["1"]["output"], f"run_{'a' * 32}/work")
        self.assertEqual(answers["2"]["type"], "cancelled")

    def test_keeps_a_result_until_the_server_has_answered_and_knows_one_that_is_too_large(self) -> None:
        def doors(word: str, asked: Asked, count: int) -> Any:
            if word != "reports":
                return giving(task(1))(word, asked, count)
            if count <= 2:
                return [CUT, Answer(503, headers={"Retry-After": "0"})][count - 1]
            is_large = any(report["type"] == "succeeded" for report in asked.body["reports"])
            return Answer(413, {"code": "TOO_LARGE", "detail": "Too large."}) if is_large else None

        def work(given: Task) -> str:
            given.log("info", "a line", {"object": object})
            return "much"

        server = self.open(doors)
        _, troubles = self.join(server, work)
        until("the failure", lambda: any(report["type"] == "failed" for report in server.reports()))
        self.assertEqual(server.reports()[-1]["error"]["code"], "OUTPUT_REFUSED")
        self.assertIn("Reports are kept until the server takes them", "\n".join(troubles))
        kinds = [report["type"] for report in server.reports()]
        # The line that came with it was not lost with it.
        self.assertEqual(kinds[-3:], ["log", "succeeded", "failed"])

    def test_tells_a_failure_that_the_server_refused_in_a_plainer_way(self) -> None:
        def doors(word: str, asked: Asked, count: int) -> Any:
            if word != "reports":
                return giving(task(1))(word, asked, count)
            is_refused = any("details" in report.get("error", {}) for report in asked.body["reports"])
            return Answer(400, {"code": "INVALID", "detail": "No such details."}) if is_refused else None

        def work(given: Task) -> None:
            raise TaskFailure("No price.", details={"row": 7})

        server = self.open(doors)
        self.join(server, work)
        until("both tries", lambda: len(server.reports()) == 2)
        error = server.reports()[1]["error"]
        self.assertEqual((error["class"], error["code"]), ("agent", "FAILURE_REFUSED"))
        self.assertRegex(error["message"], r"^No price\. .*No such details\.")

    def test_sends_many_lines_in_few_requests_in_order_before_the_result(self) -> None:
        def work(given: Task) -> None:
            for line in range(1200):
                given.log("debug", f"line {line}", {"line": line})
            given.partial("the end")

        server = self.open(giving(task(1)))
        self.join(server, work)
        until("the answer", lambda: any(report["type"] == "succeeded" for report in server.reports()))
        self.assertEqual([report.get("line") for report in server.reports()], [*range(1201), None])
        self.assertEqual(server.reports()[-2]["fields"], {"partial": True})
        self.assertLess(server.count("reports"), 60)

    def test_takes_no_more_than_it_may_have_at_once_and_keeps_to_a_pause(self) -> None:
        orders: Dict[str, Any] = {**SERVE, "max": 2, "reason": "night"}

        def doors(word: str, asked: Asked, count: int) -> Any:
            if word == "claim":
                return Answer(body={"tasks": [task(count)] if count <= 2 else [], "orders": orders})
            if word == "heartbeat":
                return Answer(body={**orders, "answers": [{"status": "ok"} for _ in asked.body["tasks"]]})
            return None

        gate = threading.Event()
        server = self.open(doors)
        agent, troubles = self.join(server, lambda given: gate.wait(), max_concurrency=5)
        until("two tasks", lambda: agent.working == 2)
        orders["order"] = "pause"
        until("the order", lambda: "The server says pause: night." in troubles)
        gate.set()
        until("the end of both", lambda: agent.working == 0)
        beats = server.count("heartbeat")
        until("more beats", lambda: server.count("heartbeat") > beats + 3)
        claims = [one.body["max"] for one in server.asked if one.path.endswith("/claim")]
        self.assertEqual(claims, [5, 1])
        orders["order"] = "serve"
        until("the next claim", lambda: server.count("claim") > 2)

    def test_registers_again_at_a_server_that_does_not_know_it(self) -> None:
        known = {"id": "agent_1"}

        def doors(word: str, asked: Asked, count: int) -> Any:
            if word == "register":
                known["id"] = f"agent_{count}"
                return Answer(body={"agent_id": known["id"], "generation": count})
            if "agent_1" in asked.path and count == 3:
                known["id"] = "nobody"
            return None if f"/{known['id']}/" in asked.path else Answer(404, {"code": "NOT_FOUND"})

        server = self.open(doors)
        self.join(server, lambda given: None)
        until("the new name", lambda: any(one.path == "/agents/agent_2/claim" for one in server.asked))

    def test_is_not_replaced_by_itself_by_what_is_said_to_its_calls_of_before_it_registered_again(self) -> None:
        def doors(word: str, asked: Asked, count: int) -> Any:
            if word == "register":
                return Answer(body={"agent_id": "agent_1", "generation": count})
            generation = asked.body["generation"]
            if word == "claim" and generation == 1:
                if count == 1:
                    return claimed(task(1))
                until("the second registration", lambda: server.count("register") == 2)
                return Answer(body={"tasks": [], "orders": {"order": "retire", "generation": 1}})
            if word == "claim":
                given.append(1)
                return claimed(task(2)) if len(given) == 1 else None
            return Answer(404, {"code": "NOT_FOUND"}) if word == "reports" and generation == 1 else None

        given: List[int] = []
        server = self.open(doors)
        self.join(server, lambda task: task.input, max_concurrency=2)
        until("the next task's answer", lambda: 2 in [report.get("output") for report in server.reports()])

    def test_waits_for_a_server_that_is_not_there_until_it_is_told_to_leave(self) -> None:
        troubles: List[str] = []
        agent = Agent("worker", url="http://127.0.0.1:1", on_trouble=troubles.append)
        agent.handles("work")(lambda given: None)
        starting = threading.Thread(target=agent.start)
        starting.start()
        until("the trouble", lambda: any("Waiting for the server" in trouble for trouble in troubles))
        self.assertEqual(agent.drain(0), ("drained", "It has finished or given back what it had."))
        starting.join(20)
        self.assertFalse(starting.is_alive())

    def test_goes_on_after_answers_that_are_none(self) -> None:
        def doors(word: str, asked: Asked, count: int) -> Any:
            odd = {"register": [PAGE, Answer(body={})], "reports": [PAGE, Answer(body={}), Answer(body={"answers": []})]}
            given = odd.get(word, [PAGE, Answer(body=[]), Answer(body="nothing")])
            if count <= len(given):
                return given[count - 1]
            return claimed(task(1)) if word == "claim" and count == 4 else None

        server = self.open(doors)
        _, troubles = self.join(server, lambda given: "done")
        until("the answer that was taken", lambda: server.count("reports") >= 4)
        # None of them was taken to be heard: it is the same one each time.
        self.assertEqual([report["output"] for report in server.reports()[:4]], ["done"] * 4)
        beats = server.count("heartbeat")
        until("more signs of life", lambda: server.count("heartbeat") > max(beats, 3) + 2)
        told = "\n".join(troubles)
        for what in ("Waiting for the server", "No tasks can be had just now", "A sign of life", "Reports are kept"):
            self.assertIn(what, told)
        self.assertIn("with something that is no JSON", told)

    def test_gives_back_what_no_thread_can_be_had_for_and_takes_the_next(self) -> None:
        start = threading.Thread.start

        def refuse_one(thread: threading.Thread) -> None:
            if thread.name == task(1)["task_id"]:
                raise RuntimeError("can't start new thread")
            start(thread)

        server = self.open(lambda word, asked, count: claimed(task(count)) if word == "claim" and count <= 2 else None)
        with mock.patch.object(threading.Thread, "start", refuse_one):
            agent, troubles = self.join(server, lambda given: given.input)
            until("both answers", lambda: len(server.reports()) == 2)
        first, second = server.reports()
        self.assertEqual((first["task_id"], first["type"]), (task(1)["task_id"], "released"))
        self.assertEqual((second["task_id"], second["type"]), (task(2)["task_id"], "succeeded"))
        self.assertIn("can't start new thread", "\n".join(troubles))
        self.assertEqual(agent.working, 0)

    def test_goes_on_when_whoever_is_told_of_trouble_fails(self) -> None:
        def fail(message: str) -> None:
            raise RuntimeError("the log is full")

        server = self.open(lambda word, asked, count: PAGE if word == "claim" and count == 1 else giving()(word, asked, 2))
        agent = Agent("worker", url=server.url, token="t", beat=0.05, on_trouble=fail)
        agent.handles("work")(lambda given: None)
        agent.start()
        self.addCleanup(agent.stop)
        until("the next claim", lambda: server.count("claim") > 1)

    def test_is_refused_with_what_to_do(self) -> None:
        refusal = Answer(401, {"code": "UNAUTHENTICATED", "detail": "No.", "advice": "Use a token."})
        server = self.open(lambda word, asked, count: refusal)
        with self.assertRaisesRegex(SignalboxError, "Use a token"):
            self.join(server, lambda given: None)

    def test_ends_with_why_when_another_process_has_its_name(self) -> None:
        conflict = Answer(409, {"code": "CONFLICT", "detail": "Another process."})
        server = self.open(lambda word, asked, count: conflict if word == "claim" else None)
        agent, _ = self.join(server, lambda given: None)
        self.assertEqual(agent.wait(20), ("replaced", "Another process."))
