-- The rights of the services' own logins, given by the owner of the schema, before or after the first migration.
-- Neither login can change the schema; partitions are made by a function that runs with its owner's rights,
-- which the processor alone may call.
--   psql "$OWNER_URL" -v gateway=millrace_gateway -v processor=millrace_processor -f k8s/logins.sql
GRANT USAGE ON SCHEMA public TO :gateway, :processor;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO :gateway;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO :processor;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO :processor;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO :gateway;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE ON TABLES TO :processor;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO :processor;
