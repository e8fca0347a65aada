//! Descriptions of tables, and which rows of a table a statement is about.

/// Whose rows, and of which build.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The merchant.
    pub merchant: &'a str,
    /// The build.
    pub generation: i64,
}

/// A table of a projection: what its rows are known by within a merchant and generation, and what else they have.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The columns of its key, in the order of its index.
    pub key: &'static [TableColumn],
    /// The other columns that the fold decides.
    pub values: &'static [TableColumn],
}

/// A column and what it holds.
pub type TableColumn = (&'static str, ColumnKind);

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Numbers.
    Integer,
    /// Texts.
    Text,
    /// Bytes.
    Bytes,
    /// Whether something is so.
    Boolean,
}
