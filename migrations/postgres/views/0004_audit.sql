-- A stock item as it was after every so many of its events: where a fold of its past may begin.
CREATE TABLE stock_milestone (
    merchant   TEXT   COLLATE "C" NOT NULL,
    generation BIGINT NOT NULL,
    sku        TEXT   COLLATE "C" NOT NULL,
    version    BIGINT NOT NULL, -- how many events it had
    position   BIGINT NOT NULL, -- of the end of the last one's command
    state      BYTEA  NOT NULL,
    PRIMARY KEY (merchant, generation, sku, version)
);

-- The end of the last command that changed what there is of it for those who wait, which is why they are served.
ALTER TABLE availability ADD COLUMN supplied_at BIGINT NOT NULL DEFAULT 0;

-- Commands that belong to others, by what came with them.
CREATE TABLE command_link (
    merchant       TEXT   COLLATE "C" NOT NULL,
    generation     BIGINT NOT NULL,
    last_position  BIGINT NOT NULL, -- of the command's events
    first_position BIGINT NOT NULL,
    correlation_id TEXT   COLLATE "C",
    causation_id   TEXT   COLLATE "C",
    PRIMARY KEY (merchant, generation, last_position)
);

CREATE INDEX command_link_correlation
    ON command_link (merchant, generation, correlation_id, last_position) WHERE correlation_id IS NOT NULL;
CREATE INDEX command_link_causation
    ON command_link (merchant, generation, causation_id, last_position) WHERE causation_id IS NOT NULL;

-- What nothing is looked for by: statistics of it would only take the server's time.
ALTER TABLE stock_milestone ALTER COLUMN state SET STATISTICS 0;
