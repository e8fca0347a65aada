-- The journal. Every primary key starts with the merchant, so that the tables can be sharded by merchant.
-- Times are in microseconds since 1970, UTC. Payloads are JSON, which the database does not parse.
-- COLLATE "C" compares texts by their bytes, regardless of the database's collation.

-- The head of each merchant's journal. An append succeeds only if position, hash and epoch are unchanged.
CREATE TABLE journal_head (
    merchant   TEXT COLLATE "C" NOT NULL,
    position   BIGINT  NOT NULL, -- of the last event
    event_hash BYTEA   NOT NULL, -- of the last event
    batch      BIGINT  NOT NULL, -- number of the last batch
    hash       BYTEA   NOT NULL, -- of the last batch; covers all batches before it
    epoch      BIGINT  NOT NULL, -- raised to fence appends with an older epoch
    time       BIGINT  NOT NULL, -- decision time of the last batch
    format     INTEGER NOT NULL, -- journal format: which events may be written
    PRIMARY KEY (merchant)
) WITH (fillfactor = 20); -- every batch updates the row: leaves room for new versions on the same page

-- A batch for every transaction of a merchant, with the digests of its outcomes.
CREATE TABLE batch (
    merchant       TEXT COLLATE "C" NOT NULL,
    batch          BIGINT NOT NULL,
    id             BYTEA  NOT NULL,
    epoch          BIGINT NOT NULL,
    first_position BIGINT NOT NULL,
    last_position  BIGINT NOT NULL,
    outcomes       BYTEA  NOT NULL, -- for each outcome one byte for its kind and 32 bytes for its digest
    at             BIGINT NOT NULL,
    hash           BYTEA  NOT NULL,
    PRIMARY KEY (merchant, batch)
);

-- The names of streams. The number of a stream is the position of its first event.
CREATE TABLE stream (
    merchant TEXT COLLATE "C" NOT NULL,
    stream   BIGINT NOT NULL,
    name     TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (merchant, stream)
);

-- The name comes first: while its statistics say that the table is empty, the planner would otherwise use this index to
-- look up streams by number.
CREATE UNIQUE INDEX stream_name ON stream (name, merchant);

CREATE TABLE event (
    merchant     TEXT COLLATE "C" NOT NULL,
    position     BIGINT  NOT NULL,
    event_id     BYTEA   NOT NULL,
    stream       BIGINT  NOT NULL,
    version      BIGINT  NOT NULL,
    command_end  BIGINT  NOT NULL, -- position of the last event of the same command
    type         TEXT    NOT NULL,
    type_version INTEGER NOT NULL,
    payload      BYTEA   NOT NULL,
    sealed       BYTEA,            -- personal data, encrypted with the key of its subject
    metadata     BYTEA   NOT NULL,
    recorded_at  BIGINT  NOT NULL,
    batch        BIGINT  NOT NULL,
    hash         BYTEA   NOT NULL,
    PRIMARY KEY (merchant, position)
);

CREATE UNIQUE INDEX event_stream ON event (merchant, stream, version);

-- The outcome of each command with an idempotency key. Accepted outcomes stay forever; rejected ones may be pruned.
CREATE TABLE outcome (
    merchant       TEXT COLLATE "C" NOT NULL,
    sender         TEXT COLLATE "C" NOT NULL,
    key            TEXT COLLATE "C" NOT NULL,
    fingerprint    BYTEA    NOT NULL,
    kind           SMALLINT NOT NULL, -- 1 created, 2 done, 3 rejected
    first_position BIGINT   NOT NULL,
    last_position  BIGINT   NOT NULL,
    answer         BYTEA    NOT NULL,
    batch          BIGINT   NOT NULL,
    ordinal        BIGINT   NOT NULL, -- index among the outcomes of the batch
    at             BIGINT   NOT NULL,
    PRIMARY KEY (merchant, batch, ordinal)
);

-- Indexes the full key, not a digest of it: a collision of digests would be mistaken for a retry.
CREATE UNIQUE INDEX outcome_key ON outcome (merchant, sender, key);
CREATE INDEX outcome_refused ON outcome (merchant, at) WHERE kind = 3;

-- Claimed unique names. All of them can be derived from the events.
CREATE TABLE claim (
    merchant TEXT COLLATE "C" NOT NULL,
    kind     TEXT COLLATE "C" NOT NULL,
    value    TEXT COLLATE "C" NOT NULL,
    stream   BIGINT NOT NULL,
    PRIMARY KEY (merchant, kind, value)
);

-- The keys of personal data, each encrypted with the master key. Deleting a key erases the data that it encrypts.
CREATE TABLE subject_key (
    merchant TEXT COLLATE "C" NOT NULL,
    subject  TEXT COLLATE "C" NOT NULL,
    key      BYTEA NOT NULL,
    PRIMARY KEY (merchant, subject)
);

-- States of streams, so that long streams load fast. Can be deleted at any time.
CREATE TABLE snapshot (
    merchant     TEXT COLLATE "C" NOT NULL,
    stream       BIGINT  NOT NULL,
    type_version INTEGER NOT NULL,
    version      BIGINT  NOT NULL,
    state        BYTEA   NOT NULL,
    PRIMARY KEY (merchant, stream)
);

-- Which node writes for a merchant; other nodes forward commands to it. For speed only: the head protects the journal.
CREATE TABLE writer_lease (
    merchant TEXT COLLATE "C" NOT NULL,
    node     TEXT        NOT NULL,
    address  TEXT        NOT NULL, -- where the node accepts forwarded commands
    since    TIMESTAMPTZ NOT NULL,
    until    TIMESTAMPTZ NOT NULL, -- by the clock of the database server
    PRIMARY KEY (merchant)
) WITH (fillfactor = 20);

-- A digest that recognizes the master key of this store. One for all merchants.
CREATE TABLE master_key_check (
    id     INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    digest BYTEA   NOT NULL
);

-- These columns are not searched: the server need not collect statistics of them.
ALTER TABLE event
    ALTER COLUMN event_id SET STATISTICS 0, ALTER COLUMN payload SET STATISTICS 0,
    ALTER COLUMN sealed SET STATISTICS 0, ALTER COLUMN metadata SET STATISTICS 0,
    ALTER COLUMN hash SET STATISTICS 0;
ALTER TABLE outcome
    ALTER COLUMN fingerprint SET STATISTICS 0, ALTER COLUMN answer SET STATISTICS 0;
ALTER TABLE batch ALTER COLUMN outcomes SET STATISTICS 0, ALTER COLUMN hash SET STATISTICS 0;
