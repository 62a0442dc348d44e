-- What each commit has fed to a shard's detector since the states in detector_snapshot: so that a new owner need not read the stream
-- again, which gives a shard 2 MB/s. It is a convenience: unlogged, since the stream has it too, where a server crashes or fails over.
-- Rows end to end, from position (from_…) to position; those up to the shard's mark are deleted by the way.
CREATE UNLOGGED TABLE detector_journal (
    stream                   text        NOT NULL,
    stream_created           timestamptz NOT NULL,
    shard_id                 text        NOT NULL,
    place                    bigint      GENERATED ALWAYS AS IDENTITY,
    from_sequence_number     text        NOT NULL,
    from_sub_sequence_number bigint      NOT NULL,
    sequence_number          text        NOT NULL,
    sub_sequence_number      bigint      NOT NULL,
    fed                      bytea       NOT NULL,
    PRIMARY KEY (stream, stream_created, shard_id, place)
);
-- numbers that hardly get smaller, and are deleted soon
ALTER TABLE detector_journal ALTER COLUMN fed SET STORAGE EXTERNAL;

GRANT SELECT, INSERT, DELETE ON detector_journal TO millrace_processor;
