"""The other sides' half of the conversation: a line of JSON for a line of JSON. A peer gives `label` and `once()`."""
import json
import os
import resource
import sys
import time


def job():
    """What this side is asked to be: {workload: {kind, shape, maps}, variant, threads}."""
    return json.loads(sys.argv[1])


def say(answer):
    print(json.dumps(answer), flush=True)


def peak_bytes():
    """Peak resident memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def serve(open_peer):
    """`open_peer(job)` gives (label, once); errors are told in one line."""
    try:
        label, once = open_peer(job())
        once()
        once()
        say({"label": label})
        for line in sys.stdin:
            question = json.loads(line)
            if "run" not in question:
                say({"peak": peak_bytes()})
                continue
            times = []
            for _ in range(question["run"]):
                start = time.perf_counter()
                once()
                times.append((time.perf_counter() - start) * 1e3)
            say({"ms": times})
    except Exception as error:  # whatever it is, the other end wants to hear it
        say({"error": f"{type(error).__name__}: {error}"})
        os._exit(1)
