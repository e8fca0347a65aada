//! The append-only log: opaque payloads, one order of events a merchant, chained by hash.
