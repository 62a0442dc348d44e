-- Readings, anomalies and the positions that commit with them.

-- Keys stand for names in the rows that there are many of. The key of a sensor is committed before the first of its rows,
-- so a sensor may exist without any: its first_seen and last_seen are then null. Both are times of arrival in the stream.
CREATE TABLE sensor (
    sensor_key integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sensor_id  text COLLATE "C" NOT NULL UNIQUE,
    first_seen timestamptz,
    last_seen  timestamptz
) WITH (fillfactor = 70); -- last_seen is written with every batch: room for it on the same page

CREATE TABLE metric (
    metric_key integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text COLLATE "C" NOT NULL UNIQUE
);

-- The series that there are. kinds: 1 it has rows in measurement, 2 in state, 3 in both. Only in a series of both can one
-- identity be asked for by both tables, and a search for the latest value need not look where nothing can be.
CREATE TABLE series (
    sensor_key integer NOT NULL,
    metric_key integer NOT NULL,
    kinds      integer NOT NULL CHECK (kinds BETWEEN 1 AND 3),
    PRIMARY KEY (sensor_key, metric_key)
);

-- The numbers and the texts of readings, by day (UTC). Without foreign keys: keys are never deleted, and a check of two of
-- them would cost more than the row.
CREATE TABLE measurement (
    at         timestamptz      NOT NULL,
    sensor_key integer          NOT NULL,
    metric_key integer          NOT NULL,
    value      double precision NOT NULL,
    PRIMARY KEY (sensor_key, metric_key, at)
) PARTITION BY RANGE (at);

CREATE TABLE state (
    at         timestamptz NOT NULL,
    sensor_key integer     NOT NULL,
    metric_key integer     NOT NULL,
    value      text        NOT NULL,
    PRIMARY KEY (sensor_key, metric_key, at)
) PARTITION BY RANGE (at);

-- Whatever is older than the platform itself has one partition for all.
DO $$
DECLARE
    today text := to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD') || ' 00:00:00+00';
BEGIN
    EXECUTE format('CREATE TABLE measurement_history PARTITION OF measurement FOR VALUES FROM (MINVALUE) TO (%L)', today);
    EXECUTE format('CREATE TABLE state_history PARTITION OF state FOR VALUES FROM (MINVALUE) TO (%L)', today);
END
$$;

-- Makes the first day's partitions that are missing, up to days_ahead days after today (UTC), and answers that day; null
-- where none is missing. One day a call, so that each is a transaction of its own and none holds its locks for long. It runs
-- with its owner's rights: the processor may call it, but may not change the schema. A table is made first and attached then,
-- because ATTACH does not stop writers of the parent, as CREATE TABLE … PARTITION OF would.
CREATE FUNCTION make_next_day_partition(days_ahead integer) RETURNS date
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = ${flyway:defaultSchema}, pg_temp
    SET timezone = 'UTC'
    SET datestyle = 'ISO, YMD'
    SET lock_timeout = '2s'
AS $$
DECLARE
    day    date;
    parent text;
    child  text;
BEGIN
    IF days_ahead NOT BETWEEN 0 AND 31 THEN
        RAISE EXCEPTION 'days_ahead must be from 0 to 31' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- two processes that make partitions at the same time take turns
    PERFORM pg_advisory_xact_lock(hashtextextended('millrace partitions', 0));
    SELECT max(substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \(''([^'']+)''\)')::timestamptz)::date
        INTO STRICT day
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'measurement'::regclass;
    IF day > current_date + days_ahead THEN
        RETURN NULL;
    END IF;
    FOREACH parent IN ARRAY ARRAY['measurement', 'state'] LOOP
        child := parent || '_' || to_char(day, 'YYYYMMDD');
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', child, parent);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            parent, child, day::timestamptz, (day + 1)::timestamptz);
    END LOOP;
    RETURN day;
END
$$;
-- what runs with its owner's rights is for those alone whom the owner names
REVOKE EXECUTE ON FUNCTION make_next_day_partition(integer) FROM PUBLIC;

-- A series went beyond a rule's limit at opened_at and came back at closed_at (null: not yet). The id derives from the
-- content, so that the same stream gives the same ids.
CREATE TABLE anomaly (
    anomaly_id uuid             PRIMARY KEY,
    sensor_key integer          NOT NULL,
    metric_key integer          NOT NULL,
    rule       text             NOT NULL,
    severity   text             NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
    opened_at  timestamptz      NOT NULL,
    closed_at  timestamptz,
    value      double precision NOT NULL,
    acked_by   text,
    acked_at   timestamptz,
    created_at timestamptz      NOT NULL DEFAULT now()
);
CREATE INDEX anomaly_newest ON anomaly (opened_at DESC, anomaly_id DESC);
CREATE INDEX anomaly_of_sensor ON anomaly (sensor_key, opened_at DESC, anomaly_id DESC);
CREATE UNIQUE INDEX anomaly_open ON anomaly (sensor_key, metric_key, rule) WHERE closed_at IS NULL;

-- What could not be decoded. data may be cut; it is what the producer put, never shown in a log.
CREATE TABLE dead_letter (
    stream              text        NOT NULL,
    stream_created      timestamptz NOT NULL,
    shard_id            text        NOT NULL,
    sequence_number     text        NOT NULL,
    sub_sequence_number bigint      NOT NULL,
    arrived_at          timestamptz NOT NULL,
    reason              text        NOT NULL,
    field               text        NOT NULL,
    detail              text        NOT NULL,
    data                bytea       NOT NULL,
    created_at          timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (stream, stream_created, shard_id, sequence_number, sub_sequence_number)
);

-- How far each shard has been read: the last user record whose effects are committed. An empty sequence_number: none yet.
-- user_records counts those committed since the shard's beginning, dead letters included; it would count a batch that was
-- committed twice twice, and so tells whether one ever was.
CREATE TABLE shard_progress (
    stream              text        NOT NULL,
    stream_created      timestamptz NOT NULL,
    shard_id            text        NOT NULL,
    sequence_number     text        NOT NULL DEFAULT '',
    sub_sequence_number bigint      NOT NULL DEFAULT 0,
    arrived_at          timestamptz,
    epoch               bigint      NOT NULL DEFAULT 1,
    owner               text,
    closed              boolean     NOT NULL DEFAULT false,
    user_records        bigint      NOT NULL DEFAULT 0,
    updated_at          timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (stream, stream_created, shard_id)
) WITH (fillfactor = 50); -- few rows, each written with every batch
