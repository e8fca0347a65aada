//! The command-line tools, the compose example, and the PostgreSQL fixture.

mod compose;
mod import;
mod postgres_fixture;
