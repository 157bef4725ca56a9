"""The business set in the size of a test, without Splink: `small.py BINARY`. A missed bar makes the exit
code 1. The large sets and their figures: run."""
import csv
import json
import subprocess
import sys
import tempfile

import business

RECORDS, HARD, SEED = 3_000, 500, 11
# Of a small table less is learned than of the large one.
F1, EXACT = 0.96, 0.985

rows, truth, apart = business.generate(RECORDS, HARD, SEED)
with tempfile.NamedTemporaryFile("w", suffix=".csv", newline="") as table:
    writer = csv.DictWriter(table, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    table.flush()
    command = [sys.argv[1], "match", "--format", "jsonl", "--records", table.name]
    lines = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()
pairs = [json.loads(line) for line in lines]
found = {tuple(sorted((pair["a"], pair["b"]))): pair["match"] for pair in pairs}
exact = {ids for ids, match in found.items() if match == "exact"}
right = len(truth & found.keys())
precision, recall = right / max(1, len(found)), right / len(truth)
f1 = 2 * precision * recall / max(1e-9, precision + recall)
sure = len(exact & truth) / max(1, len(exact))
merged = sum(len(pairs & exact) for pairs in apart.values())
print(f"{RECORDS} records: F1 {f1:.3f} (bar {F1}), exact {sure:.3f} (bar {EXACT}); of {HARD} pairs of two "
      f"people of one firm {merged} merged (bar 0)")
sys.exit(f1 < F1 or sure < EXACT or merged > 0)
