-- Lets the roles of gateway and processor log in; their rights are the migrations'. Before the first migration or after it, by
-- the schema's owner, if that has CREATEROLE, or by an administrator. The passwords are asked for, and go to the server
-- as hashes:
--   psql "$OWNER_URL" -f k8s/logins.sql -c '\password millrace_gateway' -c '\password millrace_processor'
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'millrace_gateway') THEN
        CREATE ROLE millrace_gateway;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'millrace_processor') THEN
        CREATE ROLE millrace_processor;
    END IF;
END
$$;
ALTER ROLE millrace_gateway LOGIN;
ALTER ROLE millrace_processor LOGIN;
