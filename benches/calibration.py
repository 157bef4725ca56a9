#!/usr/bin/env python3
"""How often values of a confidence are right, and the table that makes it so.

usage: calibration.py [--fit] BINARY SET...

BINARY is the built program. A SET is a folder of messages with either `gold.jsonl`, one object a
line with "file" and "contact", or beside every message NAME.eml its Card as NAME.json.

Prints for every field, and for contacts as a whole, how many values lie in each bin of confidence,
their mean confidence, the share of them that is right, and the expected calibration error (ECE).
A value is right when it equals an accepted answer after case, width and white space are folded; a
contact when all its values are right. Values of messages that allow no contact are wrong.

--fit writes src/signature/data/confidence.toml instead, from the strength of evidence
(`extract --evidence`). A field counts as if one more value had been right and one more wrong, since
mail nobody has seen is harder than mail somebody has; each strength within it as if it had two more
values of the field's share. The shares are then made to ascend (pool adjacent violators).
"""
import json, pathlib, re, subprocess, sys, unicodedata

FIELDS = ["name", "titles", "departments", "organizations", "phones", "emails", "links",
          "onlineServices", "addresses"]
BINS = [0, .5, .6, .7, .8, .85, .9, .95, .98, 1.001]
TABLE = pathlib.Path(__file__).parent.parent / "src/signature/data/confidence.toml"


def fold(text):
    text = unicodedata.normalize("NFKC", text or "")
    text = re.sub("[‐‑–—]", "-", text.replace("’", "'"))
    return re.sub(r"\s+", " ", text).strip(" \t,;|·•").casefold()


def bare(text):
    return re.sub(r"[\W_]+", "", fold(text))


def link(uri):
    uri = re.sub(r"^(www\.|[a-z]{2,3}\.(?=(linkedin|facebook)\.com))", "", re.sub(r"^[a-z]+://", "", fold(uri)))
    return uri.rstrip("/")


def components(part, *kinds):
    return " ".join(c["value"] for c in part.get("components", []) if c["kind"] in kinds)


def values(card):
    """A Card's values by their keys: name, titles/1, phones/2, ..."""
    found = {}
    if name := card.get("name"):
        found["name"] = tuple(map(fold, (name.get("full"), components(name, "given"), components(name, "surname"))))
    readers = {
        "titles": lambda v: fold(v["name"]),
        "organizations": lambda v: fold(v.get("name")),
        "phones": lambda v: (next((k for k in ("fax", "mobile") if k in v.get("features", {})), "work"), v["number"]),
        "emails": lambda v: fold(v["address"]),
        "links": lambda v: link(v["uri"]),
        "onlineServices": lambda v: link(v["uri"]),
        "addresses": lambda v: (bare(components(v, "name")), bare(components(v, "postcode")),
                                fold(components(v, "locality")), v.get("countryCode")),
    }
    for field, read in readers.items():
        for key, value in card.get(field, {}).items():
            found[f"{field}/{key}"] = read(value)
    units = [u for o in card.get("organizations", {}).values() for u in o.get("units", [])]
    for place, unit in enumerate(units, 1):
        found[f"departments/{place}"] = fold(unit["name"])
    return found


def answers(contact):
    """The accepted values of a gold contact by field."""
    several = lambda value: value if isinstance(value, list) else [value]
    address = contact.get("address") or {}
    links = {link(u) for key in ("urls", "social") for u in contact.get(key) or []}
    return {
        "name": {tuple(fold(contact.get(k)) for k in ("name", "given", "family"))},
        "titles": set(map(fold, contact.get("title") or [])),
        "departments": set(map(fold, contact.get("department") or [])),
        "organizations": set(map(fold, contact.get("organization") or [])),
        "phones": {(p["kind"], p["e164"] + (f";ext={p['ext']}" if p.get("ext") else "")) for p in contact.get("phones") or []},
        "emails": set(map(fold, contact.get("emails") or [])),
        "links": links,
        "onlineServices": links,
        "addresses": {(bare(s), bare(p), fold(c), n) for s in several(address.get("street"))
                      for p in several(address.get("postcode")) for c in several(address.get("city"))
                      for n in several(address.get("country"))},
    }


def gold(folder):
    """The accepted values of every message, none where no contact is allowed."""
    lines = folder / "gold.jsonl"
    if lines.exists():
        objects = map(json.loads, filter(str.strip, lines.open(encoding="utf-8")))
        return {o["file"]: o["contact"] and answers(o["contact"]) for o in objects}
    cards = {path.with_suffix(".eml").name: json.loads(path.read_text()) for path in folder.glob("*.json")}
    by_field = lambda card: {f: {v for k, v in values(card).items() if k.split("/")[0] == f} for f in FIELDS}
    return {file: card and by_field(card) for file, card in cards.items()}


def judged(binary, folder, *options):
    """(field, confidence, right) of every value that is suggested, contacts included."""
    accepted = gold(folder)
    messages = sorted(str(folder / file) for file in accepted)
    run = subprocess.run([binary, "extract", "--format", "jsonl", *options, *messages], stdout=subprocess.PIPE, check=True)
    for line in run.stdout.decode().splitlines():
        answer = json.loads(line)
        if not answer["card"]:
            continue
        right = accepted[pathlib.Path(answer["file"]).name]
        every = bool(right)
        for key, value in values(answer["card"]).items():
            field = key.split("/")[0]
            hit = bool(right) and value in right[field]
            every &= hit
            if sure := answer["confidence"].get(key):
                yield field, sure["confidence"], hit
        yield "contact", answer["confidence"]["contact"]["confidence"], every


def table(found):
    print("| field | confidence | values | mean confidence | right | ECE |\n| --- | --- | --- | --- | --- | --- |")
    every = [(c, r) for field, c, r in found if field != "contact"]
    groups = [("every value", every)] + [(f, [(c, r) for g, c, r in found if g == f]) for f in FIELDS + ["contact"]]
    for field, pairs in groups:
        rows, error = [], 0
        for low, high in zip(BINS, BINS[1:]):
            inside = [(c, r) for c, r in pairs if low <= c < high]
            if inside:
                mean, share = (sum(x) / len(inside) for x in zip(*inside))
                error += abs(mean - share) * len(inside) / len(pairs)
                rows.append((f"{low:.2f}–{min(high, 1):.2f}", len(inside), mean, share))
        for place, (bin_, count, mean, share) in enumerate(rows):
            first = place == 0
            print(f"| {field if first else ''} | {bin_} | {count} | {mean:.3f} | {share:.3f} | {f'{error:.3f}' if first else ''} |")


def fit(found):
    """For every field the ascending shares of right values by strength of evidence."""
    lines = ["# How often values found with evidence of a strength are right: [strength, share].",
             "# Written by benches/calibration.py --fit; see docs/extraction.md.", ""]
    for field in FIELDS + ["contact"]:
        pools = {}
        for f, strength, right in found:
            if f == field:
                # A contact's strength is a product, different for almost every one.
                level = round(strength * 20) / 20 if field == "contact" else strength
                hits, count = pools.get(level, (0, 0))
                pools[level] = (hits + right, count + 1)
        hits, count = (sum(x) for x in zip(*pools.values())) if pools else (0, 0)
        usual = (hits + 1) / (count + 2)
        merged = []
        for strength, (hits, count) in sorted(pools.items()):
            merged.append([[strength], hits + 2 * usual, count + 2])
            while len(merged) > 1 and merged[-2][1] / merged[-2][2] > merged[-1][1] / merged[-1][2]:
                strengths, hits, count = merged.pop()
                merged[-1] = [merged[-1][0] + strengths, merged[-1][1] + hits, merged[-1][2] + count]
        points = [(s, round(hits / count, 3)) for strengths, hits, count in merged for s in strengths]
        lines.append(f"{field} = [" + ", ".join(f"[{s:.3f}, {share:.3f}]" for s, share in points) + "]")
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{TABLE} is written; build again")


def main():
    arguments = [a for a in sys.argv[1:] if not a.startswith("--")]
    if len(arguments) < 2:
        sys.exit(__doc__)
    binary, folders = arguments[0], [pathlib.Path(a) for a in arguments[1:]]
    fitting = "--fit" in sys.argv
    options = ["--evidence"] if fitting else []
    found = [value for folder in folders for value in judged(binary, folder, *options)]
    fit(found) if fitting else table(found)


main()
