-- Who owns a shard, where reading begins, what retention trimmed, and days that may go. It only adds: the version before runs
-- on with it, and what that one inserts is read here as what it then meant.

-- start_at: reading begins with what arrived then; null: with the oldest record. Counts only before the first record.
-- stream_time: all that arrived before was read. cached_to: all that arrived before has reached the cache.
-- beat changes with every change of the row, so that a process that is alive can be told from one that is not.
ALTER TABLE shard_progress
    ADD COLUMN start_at    timestamptz,
    ADD COLUMN stream_time timestamptz,
    ADD COLUMN cached_to   timestamptz,
    ADD COLUMN beat        bigint NOT NULL DEFAULT 0;

-- Where the reading of a stream began, resolved once by one process. starts_at null: with its oldest record.
CREATE TABLE stream_start (
    stream         text        NOT NULL,
    stream_created timestamptz NOT NULL,
    starts_at      timestamptz,
    resolved_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (stream, stream_created)
);

-- Records that retention trimmed before they were read: those after a position. How many there were, nobody can tell.
-- read_to: all that arrived before was read; null: not known. resumed_at: the sequence number of the oldest record that was
-- still there, null: there was none; resumed_arrival: when that one arrived, or when there was none.
CREATE TABLE gap (
    stream                    text        NOT NULL,
    stream_created            timestamptz NOT NULL,
    shard_id                  text        NOT NULL,
    after_sequence_number     text        NOT NULL,
    after_sub_sequence_number bigint      NOT NULL,
    read_to                   timestamptz,
    resumed_at                text,
    resumed_arrival           timestamptz NOT NULL,
    created_at                timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (stream, stream_created, shard_id, after_sequence_number, after_sub_sequence_number)
);

-- Drops the oldest day's partitions, where that day (UTC) has been over for keep_days days, and all that is older; answers
-- that day, null where it has not. One day a call, each a transaction of its own. The partition for what is older than any
-- day is made anew, empty and up to the first day that is left: a reading that comes months late finds a place, and goes with
-- the next day that is dropped. With its owner's rights, as make_next_day_partition; the two take turns by one lock.
CREATE FUNCTION drop_oldest_day_partition(keep_days integer) RETURNS date
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = ${flyway:defaultSchema}, pg_temp
    SET timezone = 'UTC'
    SET datestyle = 'ISO, YMD'
    SET lock_timeout = '2s'
AS $$
DECLARE
    day       date;
    parent    text;
    partition regclass;
    child     text;
BEGIN
    IF keep_days IS NULL OR keep_days NOT BETWEEN 1 AND 36500 THEN
        RAISE EXCEPTION 'keep_days must be from 1 to 36500' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('millrace partitions', 0));
    -- of either table: a day of which only one has a partition goes too
    SELECT min(substring(pg_get_expr(c.relpartbound, c.oid) FROM 'FROM \(''([^'']+)''\)')::timestamptz)::date
        INTO STRICT day
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent IN ('measurement'::regclass, 'state'::regclass);
    IF day IS NULL OR day + 1 + keep_days > current_date THEN
        RETURN NULL;
    END IF;
    FOREACH parent IN ARRAY ARRAY['measurement', 'state'] LOOP
        -- before the partitions' own locks, in the order in which those who write and read take them
        EXECUTE format('LOCK TABLE ONLY %I IN ACCESS EXCLUSIVE MODE', parent);
        FOR partition IN
            SELECT c.oid::regclass
                FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = parent::regclass
                    AND (pg_get_expr(c.relpartbound, c.oid) LIKE 'FOR VALUES FROM (MINVALUE)%'
                        OR substring(pg_get_expr(c.relpartbound, c.oid) FROM 'FROM \(''([^'']+)''\)')::timestamptz
                            = day::timestamptz)
        LOOP
            EXECUTE format('DROP TABLE %s', partition);
        END LOOP;
        child := parent || '_history';
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', child, parent);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (MINVALUE) TO (%L)',
            parent, child, (day + 1)::timestamptz);
    END LOOP;
    RETURN day;
END
$$;
REVOKE EXECUTE ON FUNCTION drop_oldest_day_partition(integer) FROM PUBLIC;
