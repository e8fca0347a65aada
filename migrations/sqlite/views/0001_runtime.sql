-- The runtime of the read models: checkpoints, generations and parked streams.
--
-- Read models can be deleted at any time: they are rebuilt from the journal. Rows carry the number of their generation,
-- so that a new generation can be built next to the one that serves.

CREATE TABLE checkpoint (
    merchant   TEXT    NOT NULL,
    projection TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    position   INTEGER NOT NULL, -- every event up to this position is folded or parked
    hash       BLOB    NOT NULL, -- of the event at that position
    folded     INTEGER NOT NULL, -- number of folded events
    parked     INTEGER NOT NULL, -- number of parked events
    PRIMARY KEY (merchant, projection, generation),
    CHECK (folded + parked = position)
) WITHOUT ROWID;

CREATE TABLE generation (
    projection    TEXT    NOT NULL,
    generation    INTEGER NOT NULL,
    version       INTEGER NOT NULL,           -- of the fold and its rows
    -- building: not complete, will replace the serving generation
    -- checking: not complete, will be compared with the serving generation and then deleted
    -- differs:  complete, but its rows differ from the serving generation's
    -- serving:  queries read it
    -- standby:  kept up to date, for nodes with its version of the fold and for a rollback
    -- dropping: its rows are being deleted
    state         TEXT    NOT NULL,
    must_match    INTEGER NOT NULL,           -- whether it may serve only if all rows are equal
    problem       TEXT,                       -- why it does not serve
    compared_rows INTEGER,                    -- number of compared rows, after a comparison
    started_at    INTEGER NOT NULL,           -- all times are in microseconds since 1970
    state_since   INTEGER NOT NULL,
    last_used_at  INTEGER NOT NULL DEFAULT 0, -- when a node last reported that it reads the generation
    PRIMARY KEY (projection, generation)
) WITHOUT ROWID;

-- The highest number of a deleted generation, so that no number is used twice.
CREATE TABLE deleted_generation (
    projection     TEXT    NOT NULL PRIMARY KEY,
    highest_number INTEGER NOT NULL
) WITHOUT ROWID;

-- Streams with an event that cannot be applied. That event and all later ones of the stream are parked.
CREATE TABLE parked_stream (
    merchant   TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    projection TEXT    NOT NULL,
    stream     TEXT    NOT NULL,
    position   INTEGER NOT NULL, -- of the event that cannot be applied
    events     INTEGER NOT NULL, -- number of parked events
    error      TEXT    NOT NULL,
    PRIMARY KEY (merchant, generation, projection, stream)
) WITHOUT ROWID;
