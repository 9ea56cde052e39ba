"""Makes calls of the Python SDK's workspace as a test asks for them: over standard input and output, a line of JSON each.
Settings: SIGNALBOX_URL, SIGNALBOX_TOKEN and PYTHONPATH."""

import json
import sys

from signalbox import Client, SignalboxError

client = Client()
for line in sys.stdin:
    asked = json.loads(line)
    files = client.workspace(asked["task_id"], as_=asked["as"])
    try:
        said = {"answer": getattr(files, asked["method"])(**asked["given"])}
    except SignalboxError as error:
        said = {"error": {"code": error.code, "status": error.status, "details": error.details}}
    print(json.dumps(said), flush=True)
