"""Runs ours and Splink on every set and prints precision, recall and F1 of both, their seconds by the
clock and of processor time, and their memory."""
import json
import os
import pathlib
import subprocess
import sys

import pandas as pd
import sets

work = pathlib.Path(sys.argv[1])
wanted = sys.argv[2:]
here = pathlib.Path(__file__).parent


def run(command, out):
    """Seconds, processor time and peak memory in MB of a command whose standard output goes to a file."""
    measured = subprocess.run([sys.executable, "-S", str(here / "measure.py"), str(out), *command],
                              stdout=subprocess.PIPE, check=True)
    wall, processor, memory = map(float, measured.stdout.split())
    return f"{wall:6.2f} {processor:6.2f} {memory:6.0f}"


def score(found, truth):
    right = len(found & truth)
    precision, recall = right / max(1, len(found)), right / len(truth)
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def ours(name, files):
    out = work / f"{name}.ours.jsonl"
    command = [os.environ["UNDERSIGNED"], "match", "--format", "jsonl", "--records", str(files[0])]
    cost = run(command + (["--against", str(files[1])] if len(files) > 1 else []), out)
    found, exact = set(), set()
    for line in open(out):
        pair = json.loads(line)
        ids = tuple(sorted((pair["a"], pair["b"])))
        found.add(ids)
        if pair["match"] == "exact":
            exact.add(ids)
    return found, exact, cost


def splink(name, files, columns, truth):
    """Splink's pairs at the threshold that suits it best."""
    out = work / f"{name}.splink.csv"
    command = [sys.executable, str(here / "splink_side.py"), ",".join(columns), str(out)]
    cost = run(command + [str(file) for file in files], work / "splink.out")
    table = pd.read_csv(out, dtype={"id_l": str, "id_r": str})
    ids = [tuple(sorted(pair)) for pair in zip(table.id_l, table.id_r)]
    scored = []
    for threshold in (0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 0.95, 0.99, 0.999):
        found = {pair for pair, p in zip(ids, table.match_probability) if p >= threshold}
        scored.append((*score(found, truth), threshold))
    return max(scored, key=lambda one: one[2]), cost


print("set                  matcher                         P      R     F1      s    cpu     MB")
for name, make in sets.SETS.items():
    if wanted and not any(name.startswith(prefix) for prefix in wanted):
        continue
    tables, truth, columns, *apart = make(work)
    files = [work / f"{name}.{place}.csv" for place in range(len(tables))]
    for table, file in zip(tables, files):
        table.to_csv(file, index=False)

    def tell(matcher, scores, cost=""):
        print(f"{name:20} {matcher:26}", *(f"{value:.4f}" for value in scores), cost, flush=True)

    found, exact, cost = ours(name, files)
    tell("undersigned", score(found, truth), cost)
    tell("  of it exact", score(exact, truth))
    best, cost = splink(name, files, columns, truth)
    tell(f"Splink, best at {best[3]}", best[:3], cost)
    if apart:
        print(f"{name:20} {len(apart[0])} pairs of two people of one firm: "
              f"{len(apart[0] & exact)} exact, {len(apart[0] & found)} possible")
