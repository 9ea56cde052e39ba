"""An agent of the Python SDK whose handler is played by the test: it asks over standard input and output, a line of
JSON each. Settings: SIGNALBOX_URL, SIGNALBOX_TOKEN, PYTHONPATH, and the script as the one argument."""

import json
import os
import queue
import sys
import threading

from signalbox import Agent, TaskFailure

script = json.loads(sys.argv[1])
agent = Agent(script["name"], max_concurrency=script["concurrency"], beat=0.2)
mailboxes = {}
printing = threading.Lock()


def say(message):
    with printing:
        print(json.dumps(message), flush=True)


@agent.handles(script["capability"])
def handle(task):
    key = f"{task.task_id} {task.epoch}"
    orders = mailboxes[key] = queue.Queue()
    threading.Thread(target=tell_stop, args=(key, task), daemon=True).start()
    names = ("task_id", "run_id", "epoch", "attempt", "stage", "capability", "config", "input", "parameters")
    say({"type": "task", "key": key, "task": {name: getattr(task, name) for name in names}})
    while True:
        order = orders.get()
        if order["act"] == "log":
            task.log(order["level"], order["message"], order.get("fields"))
        elif order["act"] == "progress":
            task.progress(order["fraction"], order.get("note"))
        elif order["act"] == "partial":
            task.partial(order["chunk"])
        elif order["act"] == "return":
            return order["output"]
        elif "failure" in order:
            failure = order["failure"]
            raise TaskFailure(
                failure["message"],
                error_class=failure["class"],
                code=failure["code"],
                details=failure.get("details"),
            )
        else:
            raise RuntimeError(order["message"])


def tell_stop(key, task):
    task.cancel_event.wait()
    say({"type": "stop", "key": key, "reason": task.cancel_reason})


def obey():
    for line in sys.stdin:
        order = json.loads(line)
        mailboxes[order["key"]].put(order)
    # The test is gone.
    os._exit(0)


threading.Thread(target=obey, daemon=True).start()
agent.start()
say({"type": "ready", "id": agent.id})
agent.wait()
