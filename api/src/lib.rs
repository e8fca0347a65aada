//! The only crate that sees HTTP: REST, GraphQL and the command line.
