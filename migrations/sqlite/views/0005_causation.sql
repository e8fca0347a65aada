-- The read model `causation`: commands with a correlation ID or a causation ID.

CREATE TABLE command_link (
    merchant       TEXT    NOT NULL,
    generation     INTEGER NOT NULL,
    last_position  INTEGER NOT NULL, -- of the command's last event
    first_position INTEGER NOT NULL, -- of the command's first event
    correlation_id TEXT,
    causation_id   TEXT,
    PRIMARY KEY (merchant, generation, last_position)
) WITHOUT ROWID;

CREATE INDEX command_link_correlation
    ON command_link (merchant, generation, correlation_id, last_position) WHERE correlation_id IS NOT NULL;
CREATE INDEX command_link_causation
    ON command_link (merchant, generation, causation_id, last_position) WHERE causation_id IS NOT NULL;
