-- What detectors know of series, kept over restarts; the rules by version; and more of each anomaly. It only adds: the version
-- before runs on with it, and what that one inserts has the defaults.

-- condition: which one of the rule's; null: stored before rules had several. text: the state that breached it. peak: the most
-- extreme measure so far. count: the readings that breached it. revision: rises with each thing worth telling. arrived_at: when
-- what opened it arrived in the stream.
ALTER TABLE anomaly
    ADD COLUMN condition    text,
    ADD COLUMN rule_version integer NOT NULL DEFAULT 0,
    ADD COLUMN message      text    NOT NULL DEFAULT '',
    ADD COLUMN text         text,
    ADD COLUMN peak         double precision,
    ADD COLUMN count        bigint  NOT NULL DEFAULT 1,
    ADD COLUMN revision     integer NOT NULL DEFAULT 1,
    ADD COLUMN arrived_at   timestamptz;
-- room on the page for the course of those that are open
ALTER TABLE anomaly SET (fillfactor = 80);
-- Not unique any more: ids are, and a second open one must not make a reading unstorable.
DROP INDEX anomaly_open;
CREATE INDEX anomaly_open ON anomaly (sensor_key, metric_key) WHERE closed_at IS NULL;

-- A series as its detector knows it. hash_key: the first 60 bits of the MD5 of the sensor's id, by which a shard finds its own.
-- timed: something is due, or an anomaly is open: it must be looked at though nothing arrives. due_at: the earliest stream time
-- at which. No index on what changes with each value, so that a change stays on its page.
CREATE TABLE detector_snapshot (
    sensor_key integer NOT NULL,
    metric_key integer NOT NULL,
    hash_key   bigint  NOT NULL,
    timed      boolean NOT NULL,
    due_at     timestamptz,
    state      bytea   NOT NULL,
    PRIMARY KEY (sensor_key, metric_key)
) WITH (fillfactor = 50);
CREATE INDEX detector_snapshot_timed ON detector_snapshot (hash_key) WHERE timed;

-- The rules of each version, as they were written.
CREATE TABLE rule_set (
    version    integer     PRIMARY KEY CHECK (version > 0),
    text       text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- snapshot_…: all up to that position is in detector_snapshot, and the stream time as of then; null: nothing is known of that.
-- rules_version: the rules in force behind it; null: none yet. rules_settling: what is watched was not yet looked at by them.
ALTER TABLE shard_progress
    ADD COLUMN snapshot_sequence_number     text,
    ADD COLUMN snapshot_sub_sequence_number bigint,
    ADD COLUMN snapshot_stream_time         timestamptz,
    ADD COLUMN rules_version                integer,
    ADD COLUMN rules_settling               boolean NOT NULL DEFAULT false;

GRANT SELECT, INSERT, UPDATE ON detector_snapshot TO millrace_processor;
GRANT SELECT, INSERT ON rule_set TO millrace_processor;
GRANT UPDATE (peak, count, revision) ON anomaly TO millrace_processor;
-- which readings could not be stored, and so are not to be fed; not what was in them
GRANT SELECT (stream, stream_created, shard_id, sequence_number, sub_sequence_number, reason) ON dead_letter TO millrace_processor;
