"""The description of a CRM's API for the proxy: `describe.py NAME` names the vendor's files that it is
made of, `describe.py NAME FOLDER` prints it, made of these files as JSON in the folder, and `describe.py
NAME --least` says how many requests the stories make at least.

The part of a CRM is a module of its name with FILES, LEAST and `describe(specs)`: the files' contents in their
order, and what they lack of what we ask, described by hand after the vendor's documentation."""

import importlib
import json
import pathlib
import sys

OBJECT = {"description": "it", "content": {"application/json": {"schema": {"type": "object"}}}}
REFUSAL = {"description": "a refusal"}


def by_hand(method="get"):
    """A path that the vendor's files do not describe: an object comes back."""
    return {method: {"responses": {"200": OBJECT, "default": REFUSAL}}}


def main(name, folder=None):
    part = importlib.import_module(name)
    if folder is None:
        print(*part.FILES)
        return
    if folder == "--least":
        print(part.LEAST)
        return
    read = [json.loads((pathlib.Path(folder) / file).with_suffix(".json").read_text()) for file in part.FILES]
    json.dump(part.describe(read), sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
