"""An agent that notes each call of its handler in a file and waits until another file is there, with `spin` without ever
letting go of its thread. Settings: NOTES, GATE, NAME.
"""

import os
import time

from signalbox import Agent

agent = Agent(os.environ.get("NAME", "worker"), beat=0.2, drain=float(os.environ.get("DRAIN_MS", "25000")) / 1000)


@agent.handles("work")
def work(task):
    with open(os.environ["NOTES"], "a") as notes:
        notes.write(f"{task.stage} {task.epoch}\n")
    task.progress(0.5)
    while task.config.get("spin") and not os.path.exists(os.environ["GATE"]):
        pass
    while task.config.get("wait") and not os.path.exists(os.environ["GATE"]):
        task.raise_if_cancelled()
        time.sleep(0.02)
    return {"stage": task.stage, "epoch": task.epoch, "input": task.input}


agent.run()
