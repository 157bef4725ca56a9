"""Runs a command from a small process, so that its figures are its own: `measure.py OUT COMMAND...`
prints its seconds by the clock, its seconds of processor time and its peak memory in MB."""
import resource
import subprocess
import sys
import time

begin = time.monotonic()
with open(sys.argv[1], "w") as out:
    subprocess.run(sys.argv[2:], stdout=out, stderr=subprocess.DEVNULL, check=True)
wall = time.monotonic() - begin
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
