"""HubSpot: contacts and companies in one description."""

from describe import OBJECT, REFUSAL, by_hand

FILES = ["hubspot-contacts-v3.json", "hubspot-companies-v3.json"]
LEAST = 100  # requests of its stories


def describe(specs):
    spec, companies = specs
    spec["paths"] |= companies["paths"]
    for part, entries in companies["components"].items():
        spec["components"][part] = entries | spec["components"].get(part, {})
    for path in ("/account-info/v3/details", "/crm/v3/owners"):
        spec["paths"][path] = by_hand()
    # https://developers.hubspot.com/docs/apps/legacy-apps/private-apps/overview
    spec["paths"]["/oauth/v2/private-apps/get/access-token-info"] = {"post": answered(200, thing(tokenKey=TEXT))}
    properties = "/crm/v3/properties/{kind}"
    spec["paths"][properties] = with_parameters(("kind",), get=answered(200), post=answered(201, PROPERTY))
    spec["paths"][properties + "/{name}"] = with_parameters(("kind", "name"), get=answered(200))
    companies = "/crm/v4/objects/contacts/{contact}/associations/companies"
    spec["paths"][companies] = with_parameters(("contact",), get=answered(200))
    spec["paths"][companies + "/{company}"] = with_parameters(
        ("contact", "company"), put=answered(201, TYPES), delete={"responses": {"204": REFUSAL, "default": REFUSAL}}
    )
    return spec


TEXT, NUMBER, FLAG = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}


def thing(**properties):
    return {
        "type": "object", "properties": properties, "required": list(properties), "additionalProperties": False
    }


# https://developers.hubspot.com/docs/api-reference/crm-properties-v3/guide
PROPERTY = thing(
    name=TEXT, label=TEXT, description=TEXT, groupName=TEXT, type=TEXT, fieldType=TEXT, hasUniqueValue=FLAG,
    formField=FLAG,
)
# https://developers.hubspot.com/docs/api-reference/crm-associations-v4/guide
CATEGORY = {"type": "string", "enum": ["HUBSPOT_DEFINED", "USER_DEFINED", "INTEGRATOR_DEFINED"]}
TYPES = {"type": "array", "items": thing(associationCategory=CATEGORY, associationTypeId=NUMBER)}


def answered(status, body=None):
    operation = {"responses": {str(status): OBJECT, "default": REFUSAL}}
    if body:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return operation


def with_parameters(names, **operations):
    parameters = [{"name": name, "in": "path", "required": True, "schema": TEXT} for name in names]
    return {"parameters": parameters} | operations
