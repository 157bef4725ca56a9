-- CRMs that a person's consent opens (OAuth 2), instead of a token: what stands in password_sealed is their
-- refresh token.

ALTER TABLE crm_connections ADD COLUMN oauth_service TEXT NOT NULL DEFAULT '';    -- hubspot | pipedrive; empty: a password or token
ALTER TABLE crm_connections ADD COLUMN exchange_until INTEGER NOT NULL DEFAULT 0; -- until then somebody exchanges the token
