//! What a query may ask, judged before anything of it runs.
//!
//! The library checks complexity, with lists multiplied by how many items they are asked for. What it leaves open
//! is checked here. Its parser recurses into values without a limit: 2,000 nested lists exhaust the stack and end
//! the process (async-graphql-parser 7.2.1). It follows every spread of a fragment anew, so that a short text takes
//! exponential time. And it does not weigh introspection.

use std::collections::HashMap;

use async_graphql::Name;
use async_graphql::parser::types::{ExecutableDocument, Field, OperationType, Selection, SelectionSet};

use super::error::Problem;

/// Levels of fields. A list takes two: a connection and its nodes.
pub(super) const DEPTH: u32 = 16;
/// Levels of fields below `__schema` and `__type`, which tools ask deeply.
const INTROSPECTION_DEPTH: u32 = 20;
/// Fields, lists multiplied by their items.
pub(super) const COMPLEXITY: usize = 2_000;
/// Commands of one request. They are carried out one after the other, and each is waited for.
pub(super) const COMMANDS: usize = 10;
/// What a command counts among fields.
pub(super) const COMMAND_COST: usize = 100;
/// What a question about the past counts among fields: it is folded from the journal.
pub(super) const PAST: usize = 200;
/// About how many values introspection may answer.
const INTROSPECTION_WEIGHT: u64 = 200_000;
/// Levels of brackets in the text.
const BRACKETS: u32 = 50;
/// Named fragments.
const FRAGMENTS: usize = 100;
/// Levels of selections, inline fragments and spreads included.
const SELECTIONS: u32 = 40;
/// Directives on one field.
pub(super) const DIRECTIVES: usize = 10;
/// Items on a page of a list that is read from a store, if the arguments do not say.
pub(super) const DEFAULT_PAGE: usize = 50;
/// The most items on a page.
pub(super) const MAX_PAGE: usize = 200;

/// The complexity of a page: that of an item, as often as `first` or `last` says.
pub(super) fn page_cost(first: Option<i32>, last: Option<i32>, item: usize) -> usize {
    let size = first.or(last).map_or(DEFAULT_PAGE, |size| usize::try_from(size).unwrap_or(1));
    list_cost(size, item)
}

/// The complexity of a list of a known length. Far below what could overflow when such numbers are summed.
pub(super) fn list_cost(length: usize, item: usize) -> usize {
    length.saturating_mul(item.max(1)).saturating_add(1).min(1_000_000_000)
}

/// Refuses brackets nested too deeply, in the text, before a parser recurses into them.
pub(super) fn check_text(query: &str) -> Result<(), Problem> {
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
        if depth > BRACKETS {
            return Err(too_deep(&format!("brackets are nested more than {BRACKETS} deep")));
        }
    }
    Ok(())
}

fn after_line(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(text.len());
    &text[end..]
}

/// What follows a string that begins here.
fn after_string(text: &[u8]) -> &[u8] {
    let (quotes, escape): (&[u8], &[u8]) =
        if text.starts_with(b"\"\"\"") { (b"\"\"\"", b"\\\"\"\"") } else { (b"\"", b"\\") };
    let mut rest = &text[quotes.len()..];
    loop {
        if rest.starts_with(escape) {
            // In a plain string the escaped character is skipped too; in a block string the quotes are the escape.
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

/// Refuses a document that is too deep, too large once its fragments are put in, or that asks too much of the schema.
/// `of_schema` tells whether it may ask about the schema at all.
pub(super) fn check_document(document: &ExecutableDocument, of_schema: bool) -> Result<(), Problem> {
    if document.fragments.len() > FRAGMENTS {
        return Err(too_complex(&format!("it has more than {FRAGMENTS} fragments")));
    }
    let mut measure = Measure { document, known: HashMap::new(), level: 0 };
    let mut all = Size::default();
    for (_, operation) in document.operations.iter() {
        let selections = &operation.node.selection_set.node;
        all = all.beside(measure.selections(selections, false)?);
        // MetricsResult before: no fragment contains itself.
        if operation.node.ty == OperationType::Mutation && fields(document, selections, COMMANDS) > COMMANDS {
            let message = format!("a request may give {COMMANDS} commands; more go by POST /v1/commands");
            return Err(Problem::new("too_many_commands", message));
        }
    }
    // Those that are not used are walked by the library as well.
    for name in document.fragments.keys() {
        measure.fragment(name, false)?;
    }
    if all.depth > DEPTH {
        return Err(too_deep(&format!("fields are nested {} deep, {DEPTH} is the most", all.depth)));
    }
    if all.schema_depth > 0 && !of_schema {
        return Err(Problem::new("introspection_disabled", "this server does not tell its schema"));
    }
    if all.schema_depth > INTROSPECTION_DEPTH {
        return Err(too_deep(&format!("introspection may be nested {INTROSPECTION_DEPTH} deep")));
    }
    if all.schema_weight > INTROSPECTION_WEIGHT {
        return Err(too_complex("it asks too much of the schema"));
    }
    Ok(())
}

/// How many fields a selection has itself, with all fragments put in. Counts no further than one more than `most`.
fn fields(document: &ExecutableDocument, set: &SelectionSet, most: usize) -> usize {
    let mut count = 0;
    for selection in &set.items {
        count += match &selection.node {
            Selection::Field(_) => 1,
            Selection::InlineFragment(inline) => {
                fields(document, &inline.node.selection_set.node, most - count)
            }
            Selection::FragmentSpread(spread) => {
                let fragment = document.fragments.get(&spread.node.fragment_name.node);
                fragment.map_or(0, |found| fields(document, &found.node.selection_set.node, most - count))
            }
        };
        if count > most {
            break;
        }
    }
    count
}

fn too_deep(reason: &str) -> Problem {
    Problem::new("query_too_deep", format!("the query is too deep: {reason}"))
}

fn too_complex(reason: &str) -> Problem {
    Problem::new("query_too_complex", format!("the query is too complex: {reason}"))
}

/// What a selection comes to, with all fragments put in.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    fields: u64,
    depth: u32,
    schema_depth: u32,
    schema_weight: u64,
}

impl Size {
    fn beside(self, other: Self) -> Self {
        Self {
            fields: self.fields.saturating_add(other.fields),
            depth: self.depth.max(other.depth),
            schema_depth: self.schema_depth.max(other.schema_depth),
            schema_weight: self.schema_weight.saturating_add(other.schema_weight),
        }
    }
}

struct Measure<'a> {
    document: &'a ExecutableDocument,
    /// Fragments by name and whether they describe the schema; nothing while one is being measured.
    known: HashMap<(&'a Name, bool), Option<Size>>,
    level: u32,
}

impl<'a> Measure<'a> {
    fn selections(&mut self, set: &'a SelectionSet, of_schema: bool) -> Result<Size, Problem> {
        self.level += 1;
        if self.level > SELECTIONS {
            return Err(too_deep(&format!("selections are nested more than {SELECTIONS} deep")));
        }
        let mut all = Size::default();
        for selection in &set.items {
            let size = match &selection.node {
                Selection::Field(field) => self.field(&field.node, of_schema)?,
                Selection::InlineFragment(inline) => {
                    self.selections(&inline.node.selection_set.node, of_schema)?
                }
                Selection::FragmentSpread(spread) => {
                    self.fragment(&spread.node.fragment_name.node, of_schema)?
                }
            };
            all = all.beside(size);
            if all.fields > COMPLEXITY as u64 {
                return Err(too_complex(&format!("it has more than {COMPLEXITY} fields")));
            }
        }
        self.level -= 1;
        Ok(all)
    }

    fn field(&mut self, field: &'a Field, of_schema: bool) -> Result<Size, Problem> {
        let name = field.name.node.as_str();
        let of_schema = of_schema || matches!(name, "__schema" | "__type");
        let inner = self.selections(&field.selection_set.node, of_schema)?;
        let fields = inner.fields.saturating_add(1);
        Ok(if of_schema {
            let weight = inner.schema_weight.max(1).saturating_mul(items(name));
            Size { fields, depth: 0, schema_depth: inner.schema_depth + 1, schema_weight: weight }
        } else {
            Size { fields, depth: inner.depth + 1, ..inner }
        })
    }

    fn fragment(&mut self, name: &'a Name, of_schema: bool) -> Result<Size, Problem> {
        let Some(fragment) = self.document.fragments.get(name) else {
            // Validation will say so.
            return Ok(Size::default());
        };
        match self.known.get(&(name, of_schema)) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => {
                return Err(Problem::new("invalid_query", format!("fragment {name} contains itself")));
            }
            None => {}
        }
        self.known.insert((name, of_schema), None);
        let size = self.selections(&fragment.node.selection_set.node, of_schema)?;
        self.known.insert((name, of_schema), Some(size));
        Ok(size)
    }
}

/// About how many items a list of the schema's description has.
fn items(name: &str) -> u64 {
    match name {
        "types" => 190,
        "fields" | "directives" | "enumValues" => 8,
        "inputFields" | "interfaces" | "possibleTypes" => 4,
        "args" => 2,
        _ => 1,
    }
}
