-- Builds of a projection beside the one that serves, and what could not be folded.

-- state: building (not complete yet), checking (built to be compared and thrown away), differs (complete, and not what
-- the one that serves is), serving, standby (folded on: for nodes that still run its version, and to go back to), dropping.
UPDATE generation SET state = 'standby' WHERE state = 'retired';

ALTER TABLE generation ADD COLUMN compared BIGINT NOT NULL DEFAULT 0; -- whether it serves only if nothing differs
ALTER TABLE generation ADD COLUMN problem TEXT;                       -- why it does not serve
ALTER TABLE generation ADD COLUMN compared_rows BIGINT;                -- how many were compared, once they were
ALTER TABLE generation ADD COLUMN started_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE generation ADD COLUMN state_at BIGINT NOT NULL DEFAULT 0; -- since when it is in its state
ALTER TABLE generation ADD COLUMN seen_at BIGINT NOT NULL DEFAULT 0;  -- when a node that answers from it said so last

-- Streams of which an event could not be folded: it and those after it wait here.
CREATE TABLE parked_stream (
    merchant   TEXT   COLLATE "C" NOT NULL,
    generation BIGINT NOT NULL,
    projection TEXT   COLLATE "C" NOT NULL,
    stream     TEXT   COLLATE "C" NOT NULL,
    position   BIGINT NOT NULL, -- of the event that could not be folded
    events     BIGINT NOT NULL, -- it and those after it
    error      TEXT   NOT NULL,
    PRIMARY KEY (merchant, generation, projection, stream)
);

-- Whether events of the entity are parked, so that its row is old.
ALTER TABLE order_status ADD COLUMN stale BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE availability ADD COLUMN stale BOOLEAN NOT NULL DEFAULT FALSE;

-- The highest number that was ever given to a build that is gone: none is given twice.
CREATE TABLE generation_gone (
    projection TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    number     BIGINT NOT NULL
);
