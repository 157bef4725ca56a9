"""Runs a command from a small process, so that its peak memory is its own: `measure.py OUT COMMAND...`."""
import resource
import subprocess
import sys

with open(sys.argv[1], "w") as out:
    subprocess.run(sys.argv[2:], stdout=out, stderr=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
