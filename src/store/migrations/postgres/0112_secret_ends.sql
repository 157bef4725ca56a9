-- When the secret of an app at a sign-in service ends, and for how many days before it was warned last.
ALTER TABLE oauth_apps ADD COLUMN secret_expires_at BIGINT;
ALTER TABLE oauth_apps ADD COLUMN warned_days BIGINT;
