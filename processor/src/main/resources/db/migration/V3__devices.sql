-- The devices that may report readings, the keys that they show, and who changed what. It only adds: the version before runs on
-- with it, and knows nothing of devices.

-- sensors: ids, or beginnings of ids and a *. readings_per_second, bytes_per_second: null: as the gateway's settings say.
-- certificates: SHA-256 of those that the device may show, in hexadecimal; null: any that names it and comes from an authority
-- that the gateway trusts. labels: an object of texts.
CREATE TABLE device (
    device_id           text COLLATE "C" PRIMARY KEY,
    type                text        NOT NULL,
    sensors             text[]      NOT NULL CHECK (array_position(sensors, NULL) IS NULL),
    enabled             boolean     NOT NULL,
    readings_per_second integer CHECK (readings_per_second > 0),
    bytes_per_second    integer CHECK (bytes_per_second > 0),
    certificates        text[] CHECK (array_position(certificates, NULL) IS NULL),
    labels              jsonb       NOT NULL,
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now()
);

-- The hash of a key of 256 random bits; the key itself is nowhere. expires_at null: it does not.
CREATE TABLE device_key (
    key_id     uuid        PRIMARY KEY,
    device_id  text COLLATE "C" NOT NULL REFERENCES device ON DELETE CASCADE,
    sha256     bytea       NOT NULL UNIQUE CHECK (octet_length(sha256) = 32),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz
);
CREATE INDEX device_key_of ON device_key (device_id);

-- When a device was last let in, to about five minutes. Apart from the device, which it would otherwise rewrite.
CREATE TABLE device_seen (
    device_id text COLLATE "C" PRIMARY KEY REFERENCES device ON DELETE CASCADE,
    last_seen timestamptz NOT NULL
) WITH (fillfactor = 50);

-- Who did what to what, in the transaction in which it was done. detail: what was changed, never a secret.
CREATE TABLE audit_log (
    audit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at       timestamptz NOT NULL DEFAULT now(),
    actor    text        NOT NULL,
    role     text        NOT NULL,
    address  text        NOT NULL,
    action   text        NOT NULL,
    target   text        NOT NULL,
    detail   jsonb       NOT NULL
);
CREATE INDEX audit_log_of_target ON audit_log (target, audit_id DESC);

-- Tells the gateways which device has changed, whoever changed it, when it has been committed.
CREATE FUNCTION tell_device_changed() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_notify('millrace_devices', CASE WHEN TG_OP = 'DELETE' THEN OLD.device_id ELSE NEW.device_id END);
    RETURN NULL;
END
$$;
CREATE TRIGGER device_changed AFTER INSERT OR UPDATE OR DELETE ON device
    FOR EACH ROW EXECUTE FUNCTION tell_device_changed();
CREATE TRIGGER device_key_changed AFTER INSERT OR UPDATE OR DELETE ON device_key
    FOR EACH ROW EXECUTE FUNCTION tell_device_changed();
