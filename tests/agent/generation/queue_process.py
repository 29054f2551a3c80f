"""A server of the queue as a process of its own, to be killed: makes what waits until it is told to stop.

Arguments: the data folder, seconds of work a piece.
"""

import sys
import time
from pathlib import Path

from agent.generation.broker import Broker
from agent.handoff import GenerationService
from catalog.store import Catalogue

sys.path.insert(0, str(Path(__file__).parent))
from toy_backend import Toy

folder, seconds = Path(sys.argv[1]), float(sys.argv[2])
catalogue = Catalogue(folder / "catalogue.db")
service = GenerationService(
    catalogue, Broker([Toy(seconds=seconds, diary=folder / "diary")]), folder / "generated", per_user=100
)
service.recover()
print("ready", flush=True)
while True:
    time.sleep(1)
