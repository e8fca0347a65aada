-- The journal. Every primary key starts with the merchant, so that the schema can be distributed by it.
-- Times are microseconds since 1970, in UTC. Payloads are bytes of JSON that the database never looks into.
-- Texts are compared byte by byte ("C"), whatever the database's collation is.

-- Where a merchant's journal ends. Every append is conditional on position, hash and epoch.
CREATE TABLE journal_head (
    merchant   TEXT COLLATE "C" NOT NULL,
    position   BIGINT  NOT NULL, -- of the last event
    event_hash BYTEA   NOT NULL, -- of the last event
    batch      BIGINT  NOT NULL, -- number of the last batch
    hash       BYTEA   NOT NULL, -- of the last batch: covers everything before it
    epoch      BIGINT  NOT NULL, -- raised to fence whoever still believes in the old one
    time       BIGINT  NOT NULL, -- of the last decision
    format     INTEGER NOT NULL, -- what may be written
    PRIMARY KEY (merchant)
) WITH (fillfactor = 20); -- changed by every batch: the new version finds room on the same page

-- One row for every transaction of a merchant, with the digests of its outcomes.
CREATE TABLE batch (
    merchant       TEXT COLLATE "C" NOT NULL,
    batch          BIGINT NOT NULL,
    id             BYTEA  NOT NULL,
    epoch          BIGINT NOT NULL,
    first_position BIGINT NOT NULL,
    last_position  BIGINT NOT NULL,
    outcomes       BYTEA  NOT NULL, -- for each outcome a byte of its kind and 32 of its digest
    at             BIGINT NOT NULL,
    hash           BYTEA  NOT NULL,
    PRIMARY KEY (merchant, batch)
);

-- A stream's number is the position of its first event.
CREATE TABLE stream (
    merchant TEXT COLLATE "C" NOT NULL,
    stream   BIGINT NOT NULL,
    name     TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (merchant, stream)
);

-- The name first: as long as the server takes the table to be empty, it would as soon look for a number by this.
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
    sealed       BYTEA,            -- personal data, encrypted under its subject's key
    metadata     BYTEA   NOT NULL,
    recorded_at  BIGINT  NOT NULL,
    batch        BIGINT  NOT NULL,
    hash         BYTEA   NOT NULL,
    PRIMARY KEY (merchant, position)
);

CREATE UNIQUE INDEX event_stream ON event (merchant, stream, version);

-- What was answered to a keyed command. Grants are kept for ever; refusals may be pruned.
CREATE TABLE outcome (
    merchant       TEXT COLLATE "C" NOT NULL,
    sender         TEXT COLLATE "C" NOT NULL,
    key            TEXT COLLATE "C" NOT NULL,
    fingerprint    BYTEA    NOT NULL,
    kind           SMALLINT NOT NULL, -- 1 created, 2 done, 3 refused
    first_position BIGINT   NOT NULL,
    last_position  BIGINT   NOT NULL,
    answer         BYTEA    NOT NULL,
    batch          BIGINT   NOT NULL,
    ordinal        BIGINT   NOT NULL, -- its place among the batch's outcomes
    at             BIGINT   NOT NULL,
    PRIMARY KEY (merchant, batch, ordinal)
);

-- Digests of keys would be as unique; the whole text keeps a collision from ever being taken for a replay.
CREATE UNIQUE INDEX outcome_key ON outcome (merchant, sender, key);
CREATE INDEX outcome_refused ON outcome (merchant, at) WHERE kind = 3;

-- Unique names needed when deciding. All of them can be derived from events.
CREATE TABLE claim (
    merchant TEXT COLLATE "C" NOT NULL,
    kind     TEXT COLLATE "C" NOT NULL,
    value    TEXT COLLATE "C" NOT NULL,
    stream   BIGINT NOT NULL,
    PRIMARY KEY (merchant, kind, value)
);

-- The keys to personal data, each wrapped by the master key. Deleting one erases what it sealed.
CREATE TABLE subject_key (
    merchant TEXT COLLATE "C" NOT NULL,
    subject  TEXT COLLATE "C" NOT NULL,
    key      BYTEA NOT NULL,
    PRIMARY KEY (merchant, subject)
);

-- States to start from, so that long streams load quickly. Can be deleted at any time.
CREATE TABLE snapshot (
    merchant     TEXT COLLATE "C" NOT NULL,
    stream       BIGINT  NOT NULL,
    type_version INTEGER NOT NULL,
    version      BIGINT  NOT NULL,
    state        BYTEA   NOT NULL,
    PRIMARY KEY (merchant, stream)
);

-- Which node writes for a merchant, so that the others hand their commands on. For speed only: the head is the fence.
CREATE TABLE writer_lease (
    merchant TEXT COLLATE "C" NOT NULL,
    node     TEXT        NOT NULL,
    address  TEXT        NOT NULL, -- where the node takes commands from others
    since    TIMESTAMPTZ NOT NULL,
    until    TIMESTAMPTZ NOT NULL, -- by this database's clock
    PRIMARY KEY (merchant)
) WITH (fillfactor = 20);

-- By what the master key is known that everything personal in here is sealed under: the store's, not a merchant's.
CREATE TABLE master_key_check (
    id     INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    digest BYTEA   NOT NULL
);

-- What nothing is looked for by: statistics of it would only take the server's time.
ALTER TABLE event
    ALTER COLUMN event_id SET STATISTICS 0, ALTER COLUMN payload SET STATISTICS 0,
    ALTER COLUMN sealed SET STATISTICS 0, ALTER COLUMN metadata SET STATISTICS 0,
    ALTER COLUMN hash SET STATISTICS 0;
ALTER TABLE outcome
    ALTER COLUMN fingerprint SET STATISTICS 0, ALTER COLUMN answer SET STATISTICS 0;
ALTER TABLE batch ALTER COLUMN outcomes SET STATISTICS 0, ALTER COLUMN hash SET STATISTICS 0;
