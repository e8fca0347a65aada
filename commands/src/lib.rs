//! The write side: command handlers, idempotency and the writer.
