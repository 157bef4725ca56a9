"""Salesforce: contacts, leads and accounts of the REST API at the address where orgs have it, and what the
description lacks of what Salesforce documents: queries, kinds of records, signing in, clearing a field,
conditions on a write, codes of countries and states."""

FILES = ["salesforce-rest-v59.json"]
LEAST = 200  # requests of its stories

TEXT, FLAG = {"type": "string"}, {"type": "boolean"}
PEOPLE = ("Contact", "Lead")
STATUSES = ("400", "401", "403", "404", "412", "500", "502", "503")


def describe(specs):
    (spec,) = specs
    spec.pop("servers", None)
    schemas, paths = spec["components"]["schemas"], spec["paths"]
    for kind in PEOPLE:
        person = schemas[f"{kind}SObject"]
        person["additionalProperties"] = False
        for code in ("CountryCode", "StateCode"):
            person["properties"][f"Mailing{code}" if kind == "Contact" else code] = dict(TEXT)
        for field in person["properties"].values():
            field["nullable"] = True
    refusals = {status: answer({"type": "array", "items": schemas["ErrorInfo"]}) for status in STATUSES}
    for path in (f"/sobjects/{kind}{one}" for kind in PEOPLE for one in ("", "/{id}")):
        for method in paths[path].keys() & {"post", "patch", "delete"}:
            paths[path][method]["responses"] = refusals | paths[path][method]["responses"]
    options = parameter("Sforce-Query-Options", "header")
    for path, parameters, what in (
        ("/query", [parameter("q", "query"), options], found()),
        ("/queryAll", [parameter("q", "query"), options], found()),
        ("/query/{locator}", [parameter("locator", "path"), options], found()),
        ("/sobjects/{kind}/describe", [parameter("kind", "path")], kind_of_records()),
    ):
        paths[path] = {"get": {"parameters": parameters, "responses": {"200": answer(what)} | refusals}}
    spec["paths"] = {f"/services/data/v59.0{path}": what for path, what in paths.items()}
    spec["paths"]["/services/oauth2/token"] = {"post": signing_in()}
    return spec


def answer(schema):
    return {"description": "it", "content": {"application/json": {"schema": schema}}}


def parameter(name, place):
    return {"name": name, "in": place, "required": True, "schema": TEXT}


def thing(**properties):
    return {"type": "object", "properties": properties, "required": list(properties)}


def many(item):
    return {"type": "array", "items": item}


def found():
    record = {"type": "object", "properties": {"attributes": thing(type=TEXT)}, "required": ["attributes"]}
    page = thing(totalSize={"type": "integer"}, done=FLAG, records=many(record))
    page["properties"]["nextRecordsUrl"] = TEXT
    return page


def kind_of_records():
    field = thing(name=TEXT, type=TEXT, createable=FLAG, updateable=FLAG)
    return thing(name=TEXT, createable=FLAG, updateable=FLAG, deletable=FLAG, fields=many(field))


def signing_in():
    grant = {"type": "string", "enum": ["client_credentials"]}
    form = thing(grant_type=grant, client_id=TEXT, client_secret=TEXT)
    bearer = {"type": "string", "enum": ["Bearer"]}
    session = thing(access_token=TEXT, signature=TEXT, scope=TEXT, instance_url=TEXT, id=TEXT,
                    token_type=bearer, issued_at=TEXT)
    return {
        "security": [],
        "requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": form}}},
        "responses": {"200": answer(session), "400": answer(thing(error=TEXT, error_description=TEXT))},
    }
