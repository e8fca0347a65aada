-- The journal. Every primary key starts with the merchant, so that the tables can be sharded by merchant.
-- Times are in microseconds since 1970, UTC. Payloads are JSON, which the database does not parse.

-- The head of each merchant's journal. An append succeeds only if position, hash and epoch are unchanged.
CREATE TABLE journal_head (
    merchant   TEXT    NOT NULL,
    position   INTEGER NOT NULL, -- of the last event
    event_hash BLOB    NOT NULL, -- of the last event
    batch      INTEGER NOT NULL, -- number of the last batch
    hash       BLOB    NOT NULL, -- of the last batch; covers all batches before it
    epoch      INTEGER NOT NULL, -- raised to fence appends with an older epoch
    time       INTEGER NOT NULL, -- decision time of the last batch
    format     INTEGER NOT NULL, -- journal format: which events may be written
    PRIMARY KEY (merchant)
) WITHOUT ROWID;

-- A batch for every transaction of a merchant, with the digests of its outcomes.
CREATE TABLE batch (
    merchant       TEXT    NOT NULL,
    batch          INTEGER NOT NULL,
    id             BLOB    NOT NULL,
    epoch          INTEGER NOT NULL,
    first_position INTEGER NOT NULL,
    last_position  INTEGER NOT NULL,
    outcomes       BLOB    NOT NULL, -- for each outcome one byte for its kind and 32 bytes for its digest
    at             INTEGER NOT NULL,
    hash           BLOB    NOT NULL,
    PRIMARY KEY (merchant, batch)
) WITHOUT ROWID;

-- The names of streams. The number of a stream is the position of its first event.
CREATE TABLE stream (
    merchant TEXT    NOT NULL,
    stream   INTEGER NOT NULL,
    name     TEXT    NOT NULL,
    PRIMARY KEY (merchant, stream)
) WITHOUT ROWID;

CREATE UNIQUE INDEX stream_name ON stream (merchant, name);

CREATE TABLE event (
    merchant     TEXT    NOT NULL,
    position     INTEGER NOT NULL,
    event_id     BLOB    NOT NULL,
    stream       INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    command_end  INTEGER NOT NULL, -- position of the last event of the same command
    type         TEXT    NOT NULL,
    type_version INTEGER NOT NULL,
    payload      BLOB    NOT NULL,
    sealed       BLOB,             -- personal data, encrypted with the key of its subject
    metadata     BLOB    NOT NULL,
    recorded_at  INTEGER NOT NULL,
    batch        INTEGER NOT NULL,
    hash         BLOB    NOT NULL,
    PRIMARY KEY (merchant, position)
) WITHOUT ROWID;

CREATE UNIQUE INDEX event_stream ON event (merchant, stream, version);

-- The outcome of each command with an idempotency key. Accepted outcomes stay forever; rejected ones may be pruned.
CREATE TABLE outcome (
    merchant       TEXT    NOT NULL,
    sender         TEXT    NOT NULL,
    key            TEXT    NOT NULL,
    fingerprint    BLOB    NOT NULL,
    kind           INTEGER NOT NULL, -- 1 created, 2 done, 3 rejected
    first_position INTEGER NOT NULL,
    last_position  INTEGER NOT NULL,
    answer         BLOB    NOT NULL,
    batch          INTEGER NOT NULL,
    ordinal        INTEGER NOT NULL, -- index among the outcomes of the batch
    at             INTEGER NOT NULL
);

CREATE UNIQUE INDEX outcome_key ON outcome (merchant, sender, key);
CREATE UNIQUE INDEX outcome_batch ON outcome (merchant, batch, ordinal);

-- Claimed unique names. All of them can be derived from the events.
CREATE TABLE claim (
    merchant TEXT    NOT NULL,
    kind     TEXT    NOT NULL,
    value    TEXT    NOT NULL,
    stream   INTEGER NOT NULL,
    PRIMARY KEY (merchant, kind, value)
) WITHOUT ROWID;

-- The keys of personal data, each encrypted with the master key. Deleting a key erases the data that it encrypts.
CREATE TABLE subject_key (
    merchant TEXT NOT NULL,
    subject  TEXT NOT NULL,
    key      BLOB NOT NULL,
    PRIMARY KEY (merchant, subject)
) WITHOUT ROWID;

-- States of streams, so that long streams load fast. Can be deleted at any time.
CREATE TABLE snapshot (
    merchant     TEXT    NOT NULL,
    stream       INTEGER NOT NULL,
    type_version INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    state        BLOB    NOT NULL,
    PRIMARY KEY (merchant, stream)
) WITHOUT ROWID;

-- A digest that recognizes the master key of this store. One for all merchants.
CREATE TABLE master_key_check (
    id     INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    digest BLOB    NOT NULL
);
