"""Pipedrive: persons, their fields, and organizations of API v2, and the users, who are in v1 only."""

from describe import REFUSAL, by_hand

FILES = ["pipedrive-v2.yaml"]
LEAST = 100  # requests of its stories
ASKED = ("/persons", "/organizations", "/personFields")


def describe(specs):
    (spec,) = specs
    del spec["servers"]
    described = {path: it for path, it in spec["paths"].items() if path.startswith(ASKED)}
    spec["paths"] = {"/api/v2" + path: it for path, it in described.items()}
    for operations in spec["paths"].values():
        for method in operations.keys() & {"get", "post", "patch", "delete"}:
            # Refusals are not described at all.
            operations[method]["responses"]["default"] = REFUSAL
    # A list in one text, which is described as one of its words.
    for parameter in spec["paths"]["/api/v2/persons/{id}"]["get"]["parameters"]:
        if parameter["name"] == "include_fields":
            word = parameter["schema"]
            parameter |= {"style": "form", "explode": False, "schema": {"type": "array", "items": word}}
    # A link to an organization is taken back by null, which is not described.
    change = spec["paths"]["/api/v2/persons/{id}"]["patch"]["requestBody"]
    change["content"]["application/json"]["schema"]["properties"]["org_id"]["nullable"] = True
    for path in ("/api/v1/users", "/api/v1/users/me"):
        spec["paths"][path] = by_hand()
    user = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    spec["paths"]["/api/v1/users/{id}/permissions"] = {"parameters": [user]} | by_hand()
    return spec
