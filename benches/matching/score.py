"""Runs ours and Splink on every set and prints precision, recall and F1 of both, their seconds by the
clock and of processor time, and their memory. A missed bar (see sets.py) makes the exit code 1."""
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
    return {"s": wall, "cpu": processor, "MB": memory}


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


missed = []
print("set                  matcher                         P      R     F1      s    cpu     MB")
for name, make in sets.SETS.items():
    if wanted and not any(name.startswith(prefix) for prefix in wanted):
        continue
    tables, truth, columns, *apart = make(work)
    files = [work / f"{name}.{place}.csv" for place in range(len(tables))]
    for table, file in zip(tables, files):
        table.to_csv(file, index=False)

    def tell(matcher, scores, cost=None):
        cost = "{s:6.2f} {cpu:6.2f} {MB:6.0f}".format(**cost) if cost else ""
        print(f"{name:20} {matcher:26}", *(f"{value:.4f}" for value in scores), cost, flush=True)

    def miss(what):
        print(f"{name:20} MISSED: {what}", flush=True)
        missed.append(name)

    bars = sets.bars(name)
    found, exact, cost = ours(name, files)
    scores, exact_scores = score(found, truth), score(exact, truth)
    tell("undersigned", scores, cost)
    tell("  of it exact", exact_scores)
    if scores[2] < bars["f1"]:
        miss(f"F1 of {bars['f1']}")
    if exact_scores[0] < bars["exact"]:
        miss(f"precision of {bars['exact']} where `exact`")
    if bars["above"]:
        best, theirs = splink(name, files, columns, truth)
        tell(f"Splink, best at {best[3]}", best[:3], theirs)
        if "f1" in bars["above"] and scores[2] <= best[2]:
            miss("better than Splink")
        for measure in ("s", "MB"):
            if measure in bars["above"] and cost[measure] >= theirs[measure]:
                miss(f"less {measure} than Splink")
    for kind, pairs in apart[0].items() if apart else ():
        merged = len(pairs & exact)
        print(f"{name:20} {len(pairs)} pairs of two people of one firm, {kind}: "
              f"{merged} exact, {len(pairs & found)} possible")
        if merged:
            miss(f"{merged} of two people of one firm are merged")
print(f"missed: {' '.join(missed)}" if missed else "every bar is met")
sys.exit(bool(missed))
