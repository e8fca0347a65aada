-- The read model `cart_reservations`: units that checkouts hold for a limited time.

CREATE TABLE cart_reservation (
    merchant       TEXT    NOT NULL,
    generation     INTEGER NOT NULL,
    reservation_id TEXT    NOT NULL,
    first_position INTEGER NOT NULL, -- of the reservation's first event
    position       INTEGER NOT NULL, -- end of the last command that changed the reservation
    due_at         INTEGER,          -- when it must be ended, in microseconds since 1970; NULL after its end
    state          BLOB    NOT NULL, -- JSON
    PRIMARY KEY (merchant, generation, reservation_id)
) WITHOUT ROWID;

CREATE INDEX cart_reservation_due ON cart_reservation (generation, due_at, merchant, reservation_id)
    WHERE due_at IS NOT NULL;

-- The locations at which a reservation has units of a SKU, or had some.
CREATE TABLE cart_unit (
    merchant       TEXT    NOT NULL,
    generation     INTEGER NOT NULL,
    reservation_id TEXT    NOT NULL,
    sku            TEXT    NOT NULL,
    location       TEXT    NOT NULL,
    first_position INTEGER NOT NULL, -- of the reservation
    reserved       INTEGER NOT NULL, -- whether the reservation has units there now
    PRIMARY KEY (merchant, generation, reservation_id, sku, location)
) WITHOUT ROWID;

CREATE INDEX cart_unit_reserved ON cart_unit (merchant, generation, sku, location, first_position) WHERE reserved;
