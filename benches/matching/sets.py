"""The tables that are matched, with the pairs that are of one person."""
import itertools
import pathlib

import business
import dupehell
import pandas as pd
import pyarrow.parquet as pq
import recordlinkage

# What of a table is compared; ours and Splink see the same columns.
CRM = ["given", "family", "email", "phone", "title", "organization", "url", "city"]
PLACE = ["given", "family", "street", "postcode", "city", "state"]


def pairs(ids, people):
    """Every pair of ids of one person."""
    found = set()
    for _, group in pd.DataFrame({"id": ids, "person": people}).groupby("person"):
        found.update(itertools.combinations(sorted(group.id), 2))
    return found


def crm(work, difficulty, size, seed):
    """The contacts of dupehell's `crm`."""
    made = dupehell.generate(domain="crm", size=size, seed=seed, difficulty=difficulty, output_dir=str(work))
    table = pq.read_table(made.dataset).to_pandas().drop(columns=["master_id", "entity_type"])
    table = table.merge(pq.read_table(made.ground_truth).to_pandas(), on="record_id")
    table = table[table.entity_type == "contact"].rename(columns={
        "record_id": "id", "first_name": "given", "last_name": "family", "job_title": "title",
        "company_name": "organization", "linkedin_url": "url"})
    return [table[["id"] + CRM]], pairs(table.id, table.master_id), CRM


def febrl(number):
    """A table of FEBRL: names and address, and nothing that a contact does not have."""
    folder = pathlib.Path(recordlinkage.__file__).parent / "datasets" / "febrl"
    names = ["4a", "4b"] if number == 4 else [str(number)]
    tables = []
    for name in names:
        table = pd.read_csv(folder / f"dataset{name}.csv", skipinitialspace=True, dtype=str)
        parts = [table[column].fillna("") for column in ("street_number", "address_1", "address_2")]
        table["street"] = (parts[0] + " " + parts[1] + " " + parts[2]).str.strip()
        table["person"] = table.rec_id.str.extract(r"rec-(\d+)-")[0]
        tables.append(table.rename(columns={
            "rec_id": "id", "given_name": "given", "surname": "family", "suburb": "city"}))
    if number == 4:
        both = tables[0][["id", "person"]].merge(tables[1][["id", "person"]], on="person")
        truth = {tuple(sorted(pair)) for pair in zip(both.id_x, both.id_y)}
    else:
        truth = pairs(tables[0].id, tables[0].person)
    return [table[["id"] + PLACE] for table in tables], truth, PLACE


def german(seed):
    """Our own business set; see business.py."""
    table, truth, apart = business.generate(20_000, 5_000, seed)
    table = pd.DataFrame(table)
    columns = [column for column in table.columns if column != "id"]
    return [table], truth, columns, apart


SETS = {
    **{f"crm-medium-10k-{seed}": lambda work, seed=seed: crm(work, "medium", 10_000, seed)
       for seed in (42, 1, 101, 102, 103)},
    **{f"crm-hell-100k-{seed}": lambda work, seed=seed: crm(work, "hell", 100_000, seed)
       for seed in (7, 11, 201, 202, 203)},
    "febrl-1": lambda _: febrl(1),
    "febrl-2": lambda _: febrl(2),
    "febrl-3": lambda _: febrl(3),
    "febrl-4": lambda _: febrl(4),
    **{f"business-{seed}": lambda _, seed=seed: german(seed) for seed in range(1, 9)},
    "speed-200k": lambda work: crm(work, "medium", 200_000, 5),
}

# What a set has to reach, by the beginning of its name: the least F1, the least precision of what is
# `exact`, and whether F1, time and memory have to be better than Splink's.
BARS = {
    "crm-medium": {"f1": 0.92, "exact": 0.93, "above": ["f1"]},
    "crm-hell": {"f1": 0.86, "exact": 0.93, "above": ["f1"]},
    "febrl-4": {"f1": 0.99, "exact": 0.99, "above": ["f1"]},
    "febrl": {"f1": 0.995, "exact": 0.99, "above": ["f1"]},
    "business": {"f1": 0.97, "exact": 0.99, "above": []},
    "speed": {"f1": 0.93, "exact": 0.93, "above": ["f1", "s", "MB"]},
}


def bars(name):
    """The bars of a set."""
    return next(bars for prefix, bars in BARS.items() if name.startswith(prefix))
