-- Roles for gateway and processor, each with the rights that its statements need and no others. They cannot log in until
-- somebody who may lets them; or they are granted to logins of other names. Roles belong to the server and not to the database:
-- they may be there already, made by hand or by the migration of another database.
DO $$
DECLARE
    service text;
BEGIN
    FOREACH service IN ARRAY ARRAY['millrace_gateway', 'millrace_processor'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = service) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', service);
            EXCEPTION
                WHEN duplicate_object OR unique_violation THEN
                    NULL; -- another database's migration was faster
                WHEN insufficient_privilege THEN
                    RAISE EXCEPTION 'role % is not there, and % may not create it: give % CREATEROLE, or make the role (k8s/logins.sql)',
                        service, current_user, current_user USING ERRCODE = 'insufficient_privilege';
            END;
        END IF;
    END LOOP;
END
$$;

-- What was given to logins of these names before there were roles, above all of what is not theirs.
REVOKE ALL ON ALL TABLES IN SCHEMA ${flyway:defaultSchema} FROM millrace_gateway, millrace_processor;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ${flyway:defaultSchema} FROM millrace_gateway, millrace_processor;
ALTER DEFAULT PRIVILEGES IN SCHEMA ${flyway:defaultSchema} REVOKE ALL ON TABLES FROM millrace_gateway, millrace_processor;
ALTER DEFAULT PRIVILEGES IN SCHEMA ${flyway:defaultSchema} REVOKE ALL ON FUNCTIONS FROM millrace_gateway, millrace_processor;

-- What everybody has who can log in to the server. A function is from now on for those alone whom a migration names.
REVOKE ALL ON SCHEMA ${flyway:defaultSchema} FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION tell_device_changed() FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
DO $$
BEGIN
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
END
$$;

GRANT USAGE ON SCHEMA ${flyway:defaultSchema} TO millrace_gateway, millrace_processor;

-- The gateway answers queries, keeps the registry of devices, acknowledges anomalies, and writes down who did what: it adds to
-- the log, and can change and delete nothing in it.
GRANT SELECT ON sensor, metric, series, measurement, state, anomaly TO millrace_gateway;
GRANT UPDATE (acked_by, acked_at) ON anomaly TO millrace_gateway;
GRANT SELECT, INSERT, UPDATE, DELETE ON device, device_key TO millrace_gateway;
GRANT SELECT, INSERT, UPDATE ON device_seen TO millrace_gateway;
GRANT SELECT, INSERT ON audit_log TO millrace_gateway;

-- The processor stores, and deletes nothing: days are made and dropped by functions with their owner's rights. Devices and their
-- keys are not its business.
GRANT SELECT, INSERT ON sensor, metric, series, measurement, state, anomaly TO millrace_processor;
GRANT UPDATE (first_seen, last_seen) ON sensor TO millrace_processor;
GRANT UPDATE (kinds) ON series TO millrace_processor;
GRANT UPDATE (closed_at) ON anomaly TO millrace_processor;
GRANT INSERT ON dead_letter, gap TO millrace_processor;
GRANT SELECT, INSERT ON stream_start TO millrace_processor;
GRANT SELECT, INSERT, UPDATE ON shard_progress TO millrace_processor;
GRANT EXECUTE ON FUNCTION make_next_day_partition(integer), drop_oldest_day_partition(integer) TO millrace_processor;
