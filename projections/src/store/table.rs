//! Tables of a projection, and the rows of one merchant and generation.

/// The rows of one merchant in one generation.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The merchant's name.
    pub merchant: &'a str,
    /// The number of the generation.
    pub generation: i64,
}

/// A table of a projection. Its primary key is the merchant, the generation and the `key` columns.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// The table's name.
    pub name: &'static str,
    /// The key columns after merchant and generation, in the order of the primary key.
    pub key: &'static [TableColumn],
    /// The other columns whose values the fold determines. A comparison of two generations reads these.
    pub values: &'static [TableColumn],
}

/// The name of a column and the type of its values.
pub type TableColumn = (&'static str, ColumnKind);

/// The type of a column's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// A signed 64-bit integer.
    Integer,
    /// A text.
    Text,
    /// A byte string.
    Bytes,
    /// True or false.
    Boolean,
}
