-- A stock item as it was after every so many of its events: where a fold of its past may begin.
CREATE TABLE stock_milestone (
    merchant   TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    sku        TEXT    NOT NULL,
    version    INTEGER NOT NULL, -- how many events it had
    position   INTEGER NOT NULL, -- of the end of the last one's command
    state      BLOB    NOT NULL,
    PRIMARY KEY (merchant, generation, sku, version)
) WITHOUT ROWID;

-- The end of the last command that changed what there is of it for those who wait, which is why they are served.
ALTER TABLE availability ADD COLUMN supplied_at INTEGER NOT NULL DEFAULT 0;

-- Commands that belong to others, by what came with them.
CREATE TABLE command_link (
    merchant       TEXT    NOT NULL,
    generation     INTEGER NOT NULL,
    last_position  INTEGER NOT NULL, -- of the command's events
    first_position INTEGER NOT NULL,
    correlation_id TEXT,
    causation_id   TEXT,
    PRIMARY KEY (merchant, generation, last_position)
) WITHOUT ROWID;

CREATE INDEX command_link_correlation
    ON command_link (merchant, generation, correlation_id, last_position) WHERE correlation_id IS NOT NULL;
CREATE INDEX command_link_causation
    ON command_link (merchant, generation, causation_id, last_position) WHERE causation_id IS NOT NULL;
