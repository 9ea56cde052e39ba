"""Prints the number of each event of the run that is its argument, as they come."""

import sys

from signalbox import Client

for event in Client().runs.follow(sys.argv[1]):
    print(event["seq"], flush=True)
print("end", flush=True)
