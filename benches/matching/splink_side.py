"""Splink on a table: `splink_side.py COLUMNS OUT TABLE [TABLE]` writes the pairs with their probability."""
import logging
import sys

import pandas as pd
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

logging.disable(logging.WARNING)
columns, out, *files = sys.argv[1:]
columns = columns.split(",")
tables = [pd.read_csv(file, dtype=str) for file in files]
for table in tables:
    for column in columns:
        table[column] = table[column].str.strip().str.lower()

HOW = {
    "given": lambda: cl.JaroWinklerAtThresholds("given", [0.92, 0.8]).configure(term_frequency_adjustments=True),
    "family": lambda: cl.JaroWinklerAtThresholds("family", [0.92, 0.8]).configure(term_frequency_adjustments=True),
    "email": lambda: cl.JaroWinklerAtThresholds("email", [0.95, 0.88]),
    "phone": lambda: cl.LevenshteinAtThresholds("phone", [1, 3]),
    "mobile": lambda: cl.LevenshteinAtThresholds("mobile", [1, 3]),
    "title": lambda: cl.ExactMatch("title").configure(term_frequency_adjustments=True),
    "organization": lambda: cl.JaroWinklerAtThresholds("organization", [0.92, 0.8]).configure(term_frequency_adjustments=True),
    "url": lambda: cl.ExactMatch("url"),
    "city": lambda: cl.JaroWinklerAtThresholds("city", [0.9]).configure(term_frequency_adjustments=True),
    "street": lambda: cl.LevenshteinAtThresholds("street", [1, 4]),
    "postcode": lambda: cl.LevenshteinAtThresholds("postcode", [1, 2]),
    "state": lambda: cl.ExactMatch("state"),
}
BLOCKS = [["email"], ["phone"], ["url"], ["given", "family"], ["family", "organization"],
          ["given", "organization"], ["family", "city"], ["title", "city", "organization"],
          ["given", "postcode"], ["family", "postcode"], ["street", "postcode"], ["street", "city"],
          ["postcode", "city"]]
rules = [block_on(*block) for block in BLOCKS if set(block) <= set(columns)]
business = "email" in columns
trained = [block_on("email"), block_on("given", "family"), block_on("phone")] if business else [
    block_on("given", "family"), block_on("street", "postcode")]

settings = SettingsCreator(
    link_type="link_only" if len(tables) == 2 else "dedupe_only",
    unique_id_column_name="id",
    blocking_rules_to_generate_predictions=rules,
    comparisons=[HOW[column]() for column in columns if column in HOW],
    retain_intermediate_calculation_columns=False,
)
database = DuckDBAPI()
frames = [database.register(table) for table in tables]
linker = Linker(frames if len(frames) > 1 else frames[0], settings)
sure = [block_on("email"), block_on("given", "family", "organization")] if business else [
    block_on("given", "family", "postcode"), block_on("street", "postcode", "family")]
linker.training.estimate_probability_two_random_records_match(sure, recall=0.6)
linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
for rule in trained:
    try:
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    except ValueError:
        # Splink 5.0.0 gives up where a probability comes too near to 0; the other rules still teach it.
        print("Splink could not learn by one of its rules", file=sys.stderr)
found = linker.inference.predict(threshold_match_probability=0.01).as_pandas_dataframe()
found[["id_l", "id_r", "match_probability"]].to_csv(out, index=False)
