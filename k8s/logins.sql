-- The rights of the services' own logins, given by the owner of the schema, before or after the first migration.
-- Neither login can change the schema or delete a row; partitions are made and dropped by functions that run with
-- their owner's rights, which the processor alone may call. What a later migration adds gets the same by the last
-- three lines, given by the role that owns the schema.
--   psql "$OWNER_URL" -v gateway=millrace_gateway -v processor=millrace_processor -f k8s/logins.sql
GRANT USAGE ON SCHEMA public TO :gateway, :processor;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO :gateway;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO :processor;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO :processor;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO :gateway;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE ON TABLES TO :processor;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO :processor;
