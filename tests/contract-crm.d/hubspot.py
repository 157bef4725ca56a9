"""HubSpot: contacts and companies in one description."""

from describe import by_hand

FILES = ["hubspot-contacts-v3.json", "hubspot-companies-v3.json"]
LEAST = 100  # requests of its stories


def describe(specs):
    spec, companies = specs
    spec["paths"] |= companies["paths"]
    for part, entries in companies["components"].items():
        spec["components"][part] = entries | spec["components"].get(part, {})
    for path in ("/account-info/v3/details", "/crm/v3/owners", "/crm/v3/properties/contacts"):
        spec["paths"][path] = by_hand()
    return spec
