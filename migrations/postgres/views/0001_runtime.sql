-- The runtime of the read models: checkpoints, generations and parked streams.
--
-- Read models can be deleted at any time: they are rebuilt from the journal. Rows carry the number of their generation,
-- so that a new generation can be built next to the one that serves.
-- The tables are the same as in migrations/sqlite/views, and projection_lease in addition. COLLATE "C" sorts texts by
-- their bytes, as SQLite does.

CREATE TABLE checkpoint (
    merchant   TEXT COLLATE "C" NOT NULL,
    projection TEXT COLLATE "C" NOT NULL,
    generation BIGINT           NOT NULL,
    position   BIGINT           NOT NULL, -- every event up to this position is folded or parked
    hash       BYTEA            NOT NULL, -- of the event at that position
    folded     BIGINT           NOT NULL, -- number of folded events
    parked     BIGINT           NOT NULL, -- number of parked events
    PRIMARY KEY (merchant, projection, generation),
    CHECK (folded + parked = position)
);

CREATE TABLE generation (
    projection    TEXT COLLATE "C" NOT NULL,
    generation    BIGINT           NOT NULL,
    version       BIGINT           NOT NULL,           -- of the fold and its rows
    -- building: not complete, will replace the serving generation
    -- checking: not complete, will be compared with the serving generation and then deleted
    -- differs:  complete, but its rows differ from the serving generation's
    -- serving:  queries read it
    -- standby:  kept up to date, for nodes with its version of the fold and for a rollback
    -- dropping: its rows are being deleted
    state         TEXT COLLATE "C" NOT NULL,
    must_match    BOOLEAN          NOT NULL,           -- whether it may serve only if all rows are equal
    problem       TEXT,                                -- why it does not serve
    compared_rows BIGINT,                              -- number of compared rows, after a comparison
    started_at    BIGINT           NOT NULL,           -- all times are in microseconds since 1970
    state_since   BIGINT           NOT NULL,
    last_used_at  BIGINT           NOT NULL DEFAULT 0, -- when a node last reported that it reads the generation
    PRIMARY KEY (projection, generation)
);

-- The highest number of a deleted generation, so that no number is used twice.
CREATE TABLE deleted_generation (
    projection     TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    highest_number BIGINT           NOT NULL
);

-- Streams with an event that cannot be applied. That event and all later ones of the stream are parked.
CREATE TABLE parked_stream (
    merchant   TEXT COLLATE "C" NOT NULL,
    generation BIGINT           NOT NULL,
    projection TEXT COLLATE "C" NOT NULL,
    stream     TEXT COLLATE "C" NOT NULL,
    position   BIGINT           NOT NULL, -- of the event that cannot be applied
    events     BIGINT           NOT NULL, -- number of parked events
    error      TEXT             NOT NULL,
    PRIMARY KEY (merchant, generation, projection, stream)
);

-- Which node applies a merchant's events to a projection. A node releases its lease when no events are left.
CREATE TABLE projection_lease (
    merchant   TEXT COLLATE "C" NOT NULL,
    projection TEXT COLLATE "C" NOT NULL,
    generation BIGINT           NOT NULL,
    node       TEXT COLLATE "C" NOT NULL,
    expires_at TIMESTAMPTZ      NOT NULL, -- by the clock of the database server
    PRIMARY KEY (merchant, projection, generation)
);
