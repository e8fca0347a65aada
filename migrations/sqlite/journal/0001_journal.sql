-- The journal. Every primary key starts with the merchant, so that the schema can be distributed by it.
-- Times are microseconds since 1970, in UTC. Payloads are bytes of JSON that the database never looks into.

-- Where a merchant's journal ends. Every append is conditional on position, hash and epoch.
CREATE TABLE journal_head (
    merchant   TEXT    NOT NULL,
    position   INTEGER NOT NULL, -- of the last event
    event_hash BLOB    NOT NULL, -- of the last event
    batch      INTEGER NOT NULL, -- number of the last batch
    hash       BLOB    NOT NULL, -- of the last batch: covers everything before it
    epoch      INTEGER NOT NULL, -- raised to fence whoever still believes in the old one
    time       INTEGER NOT NULL, -- of the last decision
    format     INTEGER NOT NULL, -- what may be written
    PRIMARY KEY (merchant)
) WITHOUT ROWID;

-- One row for every transaction of a merchant, with the digests of its outcomes.
CREATE TABLE batch (
    merchant       TEXT    NOT NULL,
    batch          INTEGER NOT NULL,
    id             BLOB    NOT NULL,
    epoch          INTEGER NOT NULL,
    first_position INTEGER NOT NULL,
    last_position  INTEGER NOT NULL,
    outcomes       BLOB    NOT NULL, -- for each outcome a byte of its kind and 32 of its digest
    at             INTEGER NOT NULL,
    hash           BLOB    NOT NULL,
    PRIMARY KEY (merchant, batch)
) WITHOUT ROWID;

-- A stream's number is the position of its first event.
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
    sealed       BLOB,             -- personal data, encrypted under its subject's key
    metadata     BLOB    NOT NULL,
    recorded_at  INTEGER NOT NULL,
    batch        INTEGER NOT NULL,
    hash         BLOB    NOT NULL,
    PRIMARY KEY (merchant, position)
) WITHOUT ROWID;

CREATE UNIQUE INDEX event_stream ON event (merchant, stream, version);

-- What was answered to a keyed command. Grants are kept for ever; refusals may be pruned.
CREATE TABLE outcome (
    merchant       TEXT    NOT NULL,
    sender         TEXT    NOT NULL,
    key            TEXT    NOT NULL,
    fingerprint    BLOB    NOT NULL,
    kind           INTEGER NOT NULL, -- 1 created, 2 done, 3 refused
    first_position INTEGER NOT NULL,
    last_position  INTEGER NOT NULL,
    answer         BLOB    NOT NULL,
    batch          INTEGER NOT NULL,
    ordinal        INTEGER NOT NULL, -- its place among the batch's outcomes
    at             INTEGER NOT NULL
);

CREATE UNIQUE INDEX outcome_key ON outcome (merchant, sender, key);
CREATE UNIQUE INDEX outcome_batch ON outcome (merchant, batch, ordinal);

-- Unique names needed when deciding. All of them can be derived from events.
CREATE TABLE claim (
    merchant TEXT    NOT NULL,
    kind     TEXT    NOT NULL,
    value    TEXT    NOT NULL,
    stream   INTEGER NOT NULL,
    PRIMARY KEY (merchant, kind, value)
) WITHOUT ROWID;

-- The keys to personal data, each wrapped by the master key. Deleting one erases what it sealed.
CREATE TABLE subject_key (
    merchant TEXT NOT NULL,
    subject  TEXT NOT NULL,
    key      BLOB NOT NULL,
    PRIMARY KEY (merchant, subject)
) WITHOUT ROWID;

-- States to start from, so that long streams load quickly. Can be deleted at any time.
CREATE TABLE snapshot (
    merchant     TEXT    NOT NULL,
    stream       INTEGER NOT NULL,
    type_version INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    state        BLOB    NOT NULL,
    PRIMARY KEY (merchant, stream)
) WITHOUT ROWID;

-- By what the master key is known that everything personal in here is sealed under: the store's, not a merchant's.
CREATE TABLE master_key_check (
    id     INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    digest BLOB    NOT NULL
);
