//! Limits of a request, checked before any part of the request runs.
//!
//! `async_graphql` limits the complexity of a request. The complexity of a list that is read from a store is the complexity of
//! one item, multiplied by `first`. A list within an object comes with the object: before the request runs, it counts as one
//! item; while the request runs, an [`ItemBudget`] counts the items that it holds. Three attacks remain:
//!
//! - The parser recurses into values without a limit (async-graphql-parser 7.2.1): 2,000 nested lists exhaust
//!   the stack and end the process.
//! - The library follows every spread of a fragment again: a short text takes exponential time.
//! - Introspection has no complexity.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use async_graphql::Name;
use async_graphql::parser::types::{ExecutableDocument, Field, OperationType, Selection, SelectionSet};

use crate::error::ApiError;

/// Levels of fields. A list has two levels: a connection and its nodes.
const MAX_DEPTH: u32 = 16;
/// Levels of fields below `__schema` and `__type`: tools need many.
const MAX_INTROSPECTION_DEPTH: u32 = 20;
/// Fields of a request. A field of a list counts once per item of a page.
pub(super) const MAX_COMPLEXITY: usize = 10_000;
/// Fields in the text of a request, with fragments expanded.
const MAX_FIELDS: u64 = 2_000;
/// Items of lists within objects in one answer, or in one message of a subscription.
pub(super) const MAX_ITEMS: usize = 20_000;
/// Mutations of one request.
pub(super) const MAX_COMMANDS: usize = 10;
/// The complexity of a mutation.
pub(super) const COMMAND_COST: usize = 100;
/// The complexity of another read of a store: the events of an order, or the order after a command.
pub(super) const READ_COST: usize = 50;
/// The complexity of a query that replays events.
pub(super) const REPLAY_COST: usize = 1_000;
/// The estimated number of values in the answer to an introspection query.
const MAX_INTROSPECTION_VALUES: u64 = 200_000;
/// Levels of brackets in the text.
const MAX_BRACKET_DEPTH: u32 = 50;
/// Named fragments.
const MAX_FRAGMENTS: usize = 100;
/// Levels of selections, including inline fragments and spreads.
const MAX_SELECTION_DEPTH: u32 = 40;
/// Directives on one field.
pub(super) const MAX_DIRECTIVES: usize = 10;
/// Items on a page of a list that is read from a store, if neither `first` nor `last` is set.
pub(super) const DEFAULT_PAGE: usize = 50;
/// The maximum number of items on a page.
pub(super) const MAX_PAGE: usize = 200;

/// The complexity of a page: the complexity of one item, multiplied by `first` or `last`.
pub(super) fn page_cost(first: Option<i32>, last: Option<i32>, item: usize) -> usize {
    let size = first.or(last).map_or(DEFAULT_PAGE, |size| usize::try_from(size).unwrap_or(1));
    list_cost(size, item)
}

/// The complexity of a list of a known length, at most 10^9, so that a sum cannot overflow.
pub(super) fn list_cost(length: usize, item: usize) -> usize {
    length.saturating_mul(item.max(1)).saturating_add(1).min(1_000_000_000)
}

/// Counts the items of lists within objects.
#[derive(Debug, Clone, Default)]
pub(super) struct ItemBudget(Arc<AtomicUsize>);

impl ItemBudget {
    /// Adds the items of a list. An error if the answer then has too many.
    pub(super) fn spend(&self, items: usize) -> Result<(), ApiError> {
        let spent = self.0.fetch_add(items, Relaxed).saturating_add(items);
        if spent <= MAX_ITEMS {
            return Ok(());
        }
        Err(ApiError::QueryTooComplex(format!(
            "the lists within its objects have more than {MAX_ITEMS} items"
        )))
    }

    /// Starts the next message of a subscription.
    pub(super) fn reset(&self) {
        self.0.store(0, Relaxed);
    }
}

/// Rejects deeply nested brackets in the text, before the parser recurses into them.
pub(super) fn check_text(query: &str) -> Result<(), ApiError> {
    let mut depth = 0_u32;
    let mut rest = query.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = match byte {
            b'"' => after_string(rest),
            b'#' => after_line(after),
            _ => after,
        };
        match byte {
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_BRACKET_DEPTH {
            return Err(ApiError::QueryTooDeep(format!(
                "brackets are nested more than {MAX_BRACKET_DEPTH} deep"
            )));
        }
    }
    Ok(())
}

fn after_line(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(text.len());
    &text[end..]
}

/// Skips the string literal at the start of the text.
fn after_string(text: &[u8]) -> &[u8] {
    let (quotes, escape): (&[u8], &[u8]) =
        if text.starts_with(b"\"\"\"") { (b"\"\"\"", b"\\\"\"\"") } else { (b"\"", b"\\") };
    let mut rest = &text[quotes.len()..];
    loop {
        if rest.starts_with(escape) {
            // A plain string escapes the next character; a block string escapes three quotes.
            let skipped = if quotes.len() == 1 { 2 } else { escape.len() };
            rest = rest.get(skipped..).unwrap_or_default();
        } else if rest.starts_with(quotes) {
            return &rest[quotes.len()..];
        } else {
            match rest.split_first() {
                Some((_, after)) => rest = after,
                None => return rest,
            }
        }
    }
}

/// Rejects a document that is too deep or, with its fragments expanded, too large. `introspection` allows
/// queries of the schema.
pub(super) fn check_document(document: &ExecutableDocument, introspection: bool) -> Result<(), ApiError> {
    if document.fragments.len() > MAX_FRAGMENTS {
        return Err(ApiError::QueryTooComplex(format!("it has more than {MAX_FRAGMENTS} fragments")));
    }
    let mut measure = Measure { document, sizes: HashMap::new(), level: 0 };
    let mut total = Size::default();
    for (_, operation) in document.operations.iter() {
        let selections = &operation.node.selection_set.node;
        total = total.plus(measure.selections(selections, false)?);
        // `measure` has rejected fragments that contain themselves.
        let is_mutation = operation.node.ty == OperationType::Mutation;
        if is_mutation && fields(document, selections, MAX_COMMANDS) > MAX_COMMANDS {
            return Err(ApiError::TooManyMutations(MAX_COMMANDS));
        }
    }
    // The library expands unused fragments too.
    for name in document.fragments.keys() {
        measure.fragment(name, false)?;
    }
    if total.depth > MAX_DEPTH {
        return Err(ApiError::QueryTooDeep(format!(
            "fields are nested {} deep, at most {MAX_DEPTH} are allowed",
            total.depth
        )));
    }
    if total.schema_depth > 0 && !introspection {
        return Err(ApiError::IntrospectionDisabled);
    }
    if total.schema_depth > MAX_INTROSPECTION_DEPTH {
        return Err(ApiError::QueryTooDeep(format!(
            "introspection is nested more than {MAX_INTROSPECTION_DEPTH} deep"
        )));
    }
    if total.schema_values > MAX_INTROSPECTION_VALUES {
        return Err(ApiError::QueryTooComplex("its introspection returns too many values".to_owned()));
    }
    Ok(())
}

/// The number of fields directly in a selection, with fragments expanded. Stops counting above `limit`.
fn fields(document: &ExecutableDocument, set: &SelectionSet, limit: usize) -> usize {
    let mut count = 0;
    for selection in &set.items {
        count += match &selection.node {
            Selection::Field(_) => 1,
            Selection::InlineFragment(inline) => {
                fields(document, &inline.node.selection_set.node, limit - count)
            }
            Selection::FragmentSpread(spread) => {
                let fragment = document.fragments.get(&spread.node.fragment_name.node);
                fragment.map_or(0, |found| fields(document, &found.node.selection_set.node, limit - count))
            }
        };
        if count > limit {
            break;
        }
    }
    count
}

/// The size of a selection, with fragments expanded.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    fields: u64,
    depth: u32,
    schema_depth: u32,
    schema_values: u64,
}

impl Size {
    fn plus(self, other: Self) -> Self {
        Self {
            fields: self.fields.saturating_add(other.fields),
            depth: self.depth.max(other.depth),
            schema_depth: self.schema_depth.max(other.schema_depth),
            schema_values: self.schema_values.saturating_add(other.schema_values),
        }
    }
}

struct Measure<'a> {
    document: &'a ExecutableDocument,
    /// The sizes of fragments, by the fragment's name and whether the fragment is within introspection.
    /// `None` while the fragment is being measured.
    sizes: HashMap<(&'a Name, bool), Option<Size>>,
    level: u32,
}

impl<'a> Measure<'a> {
    fn selections(&mut self, set: &'a SelectionSet, in_introspection: bool) -> Result<Size, ApiError> {
        self.level += 1;
        if self.level > MAX_SELECTION_DEPTH {
            return Err(ApiError::QueryTooDeep(format!(
                "selections are nested more than {MAX_SELECTION_DEPTH} deep"
            )));
        }
        let mut total = Size::default();
        for selection in &set.items {
            let size = match &selection.node {
                Selection::Field(field) => self.field(&field.node, in_introspection)?,
                Selection::InlineFragment(inline) => {
                    self.selections(&inline.node.selection_set.node, in_introspection)?
                }
                Selection::FragmentSpread(spread) => {
                    self.fragment(&spread.node.fragment_name.node, in_introspection)?
                }
            };
            total = total.plus(size);
            if total.fields > MAX_FIELDS {
                return Err(ApiError::QueryTooComplex(format!("it has more than {MAX_FIELDS} fields")));
            }
        }
        self.level -= 1;
        Ok(total)
    }

    fn field(&mut self, field: &'a Field, in_introspection: bool) -> Result<Size, ApiError> {
        let name = field.name.node.as_str();
        let in_introspection = in_introspection || matches!(name, "__schema" | "__type");
        let inner = self.selections(&field.selection_set.node, in_introspection)?;
        let fields = inner.fields.saturating_add(1);
        Ok(if in_introspection {
            let schema_values = inner.schema_values.max(1).saturating_mul(estimated_items(name));
            Size { fields, depth: 0, schema_depth: inner.schema_depth + 1, schema_values }
        } else {
            Size { fields, depth: inner.depth + 1, ..inner }
        })
    }

    fn fragment(&mut self, name: &'a Name, in_introspection: bool) -> Result<Size, ApiError> {
        let Some(fragment) = self.document.fragments.get(name) else {
            // Validation rejects unknown fragments.
            return Ok(Size::default());
        };
        match self.sizes.get(&(name, in_introspection)) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => {
                return Err(ApiError::CyclicFragment(name.to_string()));
            }
            None => {}
        }
        self.sizes.insert((name, in_introspection), None);
        let size = self.selections(&fragment.node.selection_set.node, in_introspection)?;
        self.sizes.insert((name, in_introspection), Some(size));
        Ok(size)
    }
}

/// The estimated length of a list in the answer to an introspection query.
fn estimated_items(name: &str) -> u64 {
    match name {
        "types" => 220,
        "fields" | "directives" | "enumValues" => 8,
        "inputFields" | "interfaces" | "possibleTypes" => 4,
        "args" => 2,
        _ => 1,
    }
}
