//! The command-line tools, the compose example, and the PostgreSQL fixture.

mod bench;
mod compose;
mod import;
mod postgres_fixture;
