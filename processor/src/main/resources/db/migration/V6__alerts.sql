-- What is to be told of anomalies, to whom, and what became of it. It only adds: the version before runs on with it, and tells
-- nobody.

-- One row for each thing worth telling, in the transaction of what it tells of. The id derives from anomaly and revision. at:
-- when the anomaly opened, or closed. arrived_at: when the reading that did it arrived. most_per_hour: of the rule's messages; 0: nobody is told.
CREATE TABLE alert_outbox (
    alert_id      uuid             PRIMARY KEY,
    anomaly_id    uuid             NOT NULL,
    revision      integer          NOT NULL CHECK (revision > 0),
    event         text             NOT NULL CHECK (event IN ('opened', 'resolved')),
    rule          text             NOT NULL,
    condition     text             NOT NULL,
    severity      text             NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
    message       text             NOT NULL,
    sensor_key    integer          NOT NULL,
    metric_key    integer          NOT NULL,
    at            timestamptz      NOT NULL,
    value         double precision NOT NULL,
    text          text,
    most_per_hour integer          NOT NULL CHECK (most_per_hour >= 0),
    arrived_at    timestamptz      NOT NULL,
    created_at    timestamptz      NOT NULL DEFAULT now()
);
CREATE INDEX alert_outbox_of_anomaly ON alert_outbox (anomaly_id);
CREATE INDEX alert_outbox_oldest ON alert_outbox (created_at);

-- Alerts that are told together. over: openings of which, after tries in vain, none lasted or was new any more. failure: why the last attempt came to nothing. expires_at: an attempt that fails later is the
-- last one.
CREATE TABLE alert_message (
    message_id      uuid        PRIMARY KEY,
    destination     text        NOT NULL,
    rule            text        NOT NULL,
    event           text        NOT NULL CHECK (event IN ('opened', 'resolved')),
    alerts          integer     NOT NULL CHECK (alerts > 0),
    state           text        NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sent', 'dead', 'over')),
    attempts        integer     NOT NULL DEFAULT 0,
    failure         text        NOT NULL DEFAULT '',
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    expires_at      timestamptz NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    ended_at        timestamptz
);
CREATE INDEX alert_message_newest ON alert_message (destination, created_at);
CREATE INDEX alert_message_pending ON alert_message (destination) WHERE state = 'pending';
CREATE INDEX alert_message_dead ON alert_message (destination) WHERE state = 'dead';

-- Who is to be told of what. pending: in no message yet. grouped: in one, whose state counts. over: not to be told, because it
-- was over before it could be. What is repeated of the alert is what the sender looks for.
CREATE TABLE alert_delivery (
    alert_id      uuid        NOT NULL REFERENCES alert_outbox ON DELETE CASCADE,
    destination   text        NOT NULL,
    rule          text        NOT NULL,
    event         text        NOT NULL,
    most_per_hour integer     NOT NULL CHECK (most_per_hour > 0),
    state         text        NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'grouped', 'over')),
    message_id    uuid REFERENCES alert_message,
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (alert_id, destination),
    CHECK ((state = 'grouped') = (message_id IS NOT NULL))
);
CREATE INDEX alert_delivery_pending ON alert_delivery (destination, rule, event, created_at) WHERE state = 'pending';
CREATE INDEX alert_delivery_of_message ON alert_delivery (message_id);

-- Which process has a message for a destination in its hands, until when; and until when the destination is left alone, after so
-- many failures in a row.
CREATE TABLE alert_destination (
    destination   text        PRIMARY KEY,
    owner         text        NOT NULL DEFAULT '',
    claimed_until timestamptz NOT NULL DEFAULT '-infinity',
    not_before    timestamptz NOT NULL DEFAULT '-infinity',
    failures      integer     NOT NULL DEFAULT 0
) WITH (fillfactor = 50); -- few rows, each written with every message

-- The processor writes, sends, and deletes what is long over.
GRANT SELECT, INSERT, DELETE ON alert_outbox TO millrace_processor;
GRANT SELECT, INSERT, DELETE ON alert_message, alert_delivery TO millrace_processor;
GRANT UPDATE (state, attempts, failure, next_attempt_at, ended_at) ON alert_message TO millrace_processor;
GRANT UPDATE (state, message_id) ON alert_delivery TO millrace_processor;
GRANT SELECT, INSERT ON alert_destination TO millrace_processor;
GRANT UPDATE (owner, claimed_until, not_before, failures) ON alert_destination TO millrace_processor;
