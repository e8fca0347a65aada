//! The rows and columns of an `INSERT`, independent of the database.

/// An `INSERT` of many rows, column by column.
pub(super) struct Insert {
    pub(super) table: &'static str,
    /// The number of rows. Every column has this many values.
    pub(super) rows: usize,
    pub(super) columns: Vec<(&'static str, Role, ColumnValues)>,
    pub(super) presence: Presence,
}

/// Whether rows may already exist in their table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// No row exists. The database does not check for conflicts; an existing row fails the statement.
    New,
    /// Some or all rows may exist. Existing rows are updated.
    MayExist,
}

/// How an upsert changes a column of an existing row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The column is part of the key.
    Key,
    /// The column keeps its value.
    Fixed,
    /// The column takes the new value.
    Updated,
    /// The new value is added to the column.
    Summed,
}

/// The values of one column, one for each row.
pub enum ColumnValues {
    /// Integers or NULL.
    Integers(Vec<Option<i64>>),
    /// Texts or NULL.
    Texts(Vec<Option<String>>),
    /// Byte strings.
    Bytes(Vec<Vec<u8>>),
    /// Booleans.
    Booleans(Vec<bool>),
}

impl Insert {
    /// `INSERT INTO` and the names of the columns.
    pub(super) fn insert_clause(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|(name, ..)| *name).collect();
        format!("INSERT INTO {} (merchant, generation, {}) ", self.table, names.join(", "))
    }

    /// `ON CONFLICT`; empty if no row exists.
    pub(super) fn conflict_clause(&self) -> String {
        if self.presence == Presence::New {
            return String::new();
        }
        let names_of = |requested: Role| {
            let columns = self.columns.iter().filter(move |(_, role, _)| *role == requested);
            columns.map(|(name, ..)| *name).collect::<Vec<_>>()
        };
        let keys = names_of(Role::Key).join(", ");
        let table = self.table;
        let updated = names_of(Role::Updated).into_iter().map(|name| format!("{name} = excluded.{name}"));
        let summed = names_of(Role::Summed)
            .into_iter()
            .map(|name| format!("{name} = {table}.{name} + excluded.{name}"));
        let changes: Vec<String> = updated.chain(summed).collect();
        let action = if changes.is_empty() {
            "NOTHING".to_owned()
        } else {
            format!("UPDATE SET {}", changes.join(", "))
        };
        format!(" ON CONFLICT (merchant, generation, {keys}) DO {action}")
    }
}

/// Implements `FromIterator` for values of a Rust type.
macro_rules! column_of {
    ($($value:ty => $kind:ident($name:ident) $stored:expr;)*) => {$(
        impl FromIterator<$value> for ColumnValues {
            fn from_iter<I: IntoIterator<Item = $value>>(values: I) -> Self {
                Self::$kind(values.into_iter().map(|$name| $stored).collect())
            }
        }
    )*};
}

column_of! {
    i64 => Integers(number) Some(number);
    Option<i64> => Integers(number) number;
    u64 => Integers(number) Some(number.cast_signed());
    String => Texts(text) Some(text);
    Option<String> => Texts(text) text;
    Vec<u8> => Bytes(bytes) bytes;
    bool => Booleans(boolean) boolean;
}

impl<'v> FromIterator<&'v str> for ColumnValues {
    fn from_iter<I: IntoIterator<Item = &'v str>>(values: I) -> Self {
        Self::Texts(values.into_iter().map(|text| Some(text.to_owned())).collect())
    }
}
