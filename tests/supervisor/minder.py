"""A small daemon for test_end_to_end: `python minder.py FOLDER PROJECT` applies FOLDER/workloads.json and minds it.

It prints "ready" when every step has been taken, and then what happens, one event a line.
"""

import asyncio
import json
import sys
from pathlib import Path

from arena.model import codec
from arena.model.workload import Workload
from arena.supervisor.backends.process import ProcessBackend
from arena.supervisor.supervisor import Supervisor
from arena.testing.announcer import FakeAnnouncer


async def main(folder: Path, project: str) -> None:
    supervisor = make(folder, project, lambda event: print(event.name, event.instance, event.detail, flush=True))
    await supervisor.adopt()
    workloads = [codec.decode(Workload, item) for item in json.loads((folder / "workloads.json").read_text())]
    await supervisor.apply(workloads)
    print("ready", flush=True)
    await asyncio.Event().wait()


def make(folder: Path, project: str, on_event) -> Supervisor:
    return Supervisor(
        ProcessBackend(project),
        records=folder / "instances.json",
        logs=folder / "logs",
        announcer=FakeAnnouncer(),
        variables=lambda workload, instance: {},
        elsewhere=lambda service: asyncio.sleep(0),
        on_event=on_event,
    )


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
