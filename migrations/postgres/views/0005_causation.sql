-- The read model `causation`: commands with a correlation ID or a causation ID.

CREATE TABLE command_link (
    merchant       TEXT COLLATE "C" NOT NULL,
    generation     BIGINT           NOT NULL,
    last_position  BIGINT           NOT NULL, -- of the command's last event
    first_position BIGINT           NOT NULL, -- of the command's first event
    correlation_id TEXT COLLATE "C",
    causation_id   TEXT COLLATE "C",
    PRIMARY KEY (merchant, generation, last_position)
);

CREATE INDEX command_link_correlation
    ON command_link (merchant, generation, correlation_id, last_position) WHERE correlation_id IS NOT NULL;
CREATE INDEX command_link_causation
    ON command_link (merchant, generation, causation_id, last_position) WHERE causation_id IS NOT NULL;
