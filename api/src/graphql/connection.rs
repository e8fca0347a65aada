//! Lists as Relay connections, with the arguments `first`, `after`, `last` and `before`.

use std::borrow::Cow;

use async_graphql::connection::{self, Edge, OpaqueCursor};
use async_graphql::parser::types::Field;
use async_graphql::registry::{Deprecation, MetaInputValue, MetaType, Registry};
use async_graphql::{Context, ContextSelectionSet, Error, OutputType, Positioned, ServerResult, Value};
use serde::Deserialize;

use super::context::RequestContext;
use super::error::Problem;
use super::limits::{DEFAULT_PAGE, MAX_PAGE};
use crate::cursor::{Cursor, List};
use crate::error::ApiError;

/// A page of a list of `T`.
pub(super) type Connection<T> = connection::Connection<OpaqueCursor<Cursor>, T>;

/// The arguments of a connection.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// The first items, 1 to 200.
    pub(super) first: Option<i32>,
    /// Items after this cursor.
    pub(super) after: Option<String>,
    /// The last items, 1 to 200.
    pub(super) last: Option<i32>,
    /// Items before this cursor.
    pub(super) before: Option<String>,
}

/// A page of a list that is read from one place in one direction.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// The maximum number of items.
    pub(super) limit: usize,
    /// Whether to read towards the beginning of the list.
    pub(super) is_backward: bool,
    /// The place of the item before the page or, if read backward, after the page. `None`: the page starts at an end of the list.
    pub(super) place: Option<String>,
}

impl Window {
    fn of(context: &Context<'_>) -> ServerResult<Self> {
        Ok(Self {
            first: context.param_value("first", None)?.1,
            after: context.param_value("after", None)?.1,
            last: context.param_value("last", None)?.1,
            before: context.param_value("before", None)?.1,
        })
    }

    /// The page of a list that can be read forward only.
    pub(super) fn forward(self, list: List<'_>) -> Result<Page, Problem> {
        for (name, is_set) in [("last", self.last.is_some()), ("before", self.before.is_some())] {
            if is_set {
                let reason =
                    "is not supported, because this list can be read forward only: use first and after";
                return Err(Problem::invalid(name, reason));
            }
        }
        self.either_way(list)
    }

    /// The page of a list that can be read in both directions, but not with `after` and `before` together.
    pub(super) fn either_way(self, list: List<'_>) -> Result<Page, Problem> {
        let (first, last) = self.sizes()?;
        let (after, before) = (place(list, "after", self.after)?, place(list, "before", self.before)?);
        if after.is_some() && before.is_some() {
            return Err(Problem::invalid("before", "cannot be combined with after in this list"));
        }
        let is_backward = last.is_some() || (before.is_some() && first.is_none());
        if is_backward && after.is_some() {
            return Err(Problem::invalid("last", "cannot be combined with after in this list: use before"));
        }
        if !is_backward && before.is_some() {
            return Err(Problem::invalid("first", "cannot be combined with before in this list: use after"));
        }
        let limit = first.or(last).unwrap_or(DEFAULT_PAGE);
        Ok(Page { limit, is_backward, place: after.or(before) })
    }

    fn sizes(&self) -> Result<(Option<usize>, Option<usize>), Problem> {
        if self.first.is_some() && self.last.is_some() {
            return Err(Problem::invalid("last", "cannot be combined with first"));
        }
        Ok((size("first", self.first)?, size("last", self.last)?))
    }
}

fn size(argument: &'static str, size: Option<i32>) -> Result<Option<usize>, Problem> {
    let check = |size: i32| {
        let size = usize::try_from(size).ok().filter(|size| (1..=MAX_PAGE).contains(size));
        size.ok_or_else(|| Problem::invalid(argument, format!("must be from 1 to {MAX_PAGE}")))
    };
    size.map(check).transpose()
}

fn place(list: List<'_>, argument: &'static str, cursor: Option<String>) -> Result<Option<String>, Problem> {
    let invalid = || Problem(ApiError::InvalidCursor.at(argument));
    cursor.map(|cursor| list.place(&cursor).ok_or_else(invalid)).transpose()
}

impl Page {
    /// The connection of the items, which are in the direction of reading. `has_more`: the list continues after them.
    pub(super) fn connection<T: OutputType>(
        &self,
        items: impl IntoIterator<Item = Result<(Cursor, T), Problem>>,
        has_more: bool,
    ) -> Result<Connection<T>, Problem> {
        let is_continued = self.place.is_some();
        let (previous, next) =
            if self.is_backward { (has_more, is_continued) } else { (is_continued, has_more) };
        let mut connection = Connection::new(previous, next);
        for item in items {
            connection.edges.push(edge(item?));
        }
        if self.is_backward {
            connection.edges.reverse();
        }
        Ok(connection)
    }
}

fn edge<T: OutputType>(
    (cursor, node): (Cursor, T),
) -> Edge<OpaqueCursor<Cursor>, T, connection::EmptyFields> {
    Edge::new(OpaqueCursor(cursor), node)
}

/// A list that is complete in memory, as a connection. Default page size: 200.
///
/// A field of this type has no arguments in Rust: `declare_arguments` declares them, and `resolve` reads them.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub(super) struct Items<T>(pub(super) Vec<T>);

impl<T> FromIterator<T> for Items<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self(items.into_iter().collect())
    }
}

impl<T: OutputType + Clone> Items<T> {
    fn page(&self, window: Window) -> Result<Connection<T>, Problem> {
        let name = T::type_name();
        let list = List::InMemory(&name);
        let (first, last) = window.sizes()?;
        let offset = |place: Option<String>| place.and_then(|place| place.parse::<usize>().ok());
        let after = offset(place(list, "after", window.after)?);
        let before = offset(place(list, "before", window.before)?);
        let mut start = after.map_or(0, |after| after.saturating_add(1)).min(self.0.len());
        let mut end = before.unwrap_or(self.0.len()).clamp(start, self.0.len());
        match last {
            Some(last) => start = start.max(end.saturating_sub(last)),
            None => end = end.min(start + first.unwrap_or(MAX_PAGE)),
        }
        let mut connection = Connection::new(start > 0, end < self.0.len());
        let items = self.0.iter().enumerate().take(end).skip(start);
        connection.edges.extend(items.map(|(offset, item)| edge((list.at(offset), item.clone()))));
        Ok(connection)
    }
}

impl<T: OutputType + Clone> OutputType for Items<T> {
    fn type_name() -> Cow<'static, str> {
        Connection::<T>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Connection::<T>::create_type_info(registry)
    }

    async fn resolve(
        &self,
        context: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        let field_context = context.with_field(field);
        let window = Window::of(&field_context)?;
        let page = self.page(window).and_then(|page| {
            RequestContext::of(&field_context)?.items().spend(page.edges.len())?;
            Ok(page)
        });
        let page = page
            .map_err(|problem| context.set_error_path(Error::from(problem).into_server_error(field.pos)))?;
        OutputType::resolve(&page, context, field).await
    }
}

/// Arguments that have the same meaning in all fields: name, type and description. The first four are those of connections.
const ARGUMENTS: [(&str, &str, &str); 6] = [
    ("first", "Int", "The number of items from the start, 1 to 200."),
    ("after", "String", "Only items after this cursor."),
    ("last", "Int", "The number of items from the end, 1 to 200."),
    ("before", "String", "Only items before this cursor."),
    (
        "minPosition",
        "Long",
        "Wait, at most 5 seconds, until the answer includes this journal position. Default: do not wait.",
    ),
    ("asOf", "String", "The state as of a journal position or an RFC 3339 time. Default: the current state."),
];

/// Declares the arguments of connections, and sets the descriptions of `ARGUMENTS`.
pub(super) fn declare_arguments(registry: &mut Registry) {
    for kind in registry.types.values_mut() {
        let MetaType::Object { fields, .. } = kind else { continue };
        for field in fields.values_mut() {
            let is_connection = field.ty.trim_end_matches('!').ends_with("Connection");
            for (index, (name, kind, description)) in ARGUMENTS.into_iter().enumerate() {
                if is_connection && index < 4 {
                    field
                        .args
                        .entry(name.to_owned())
                        .or_insert_with(|| argument(name, None, kind.to_owned()));
                }
                if let Some(argument) = field.args.get_mut(name) {
                    argument.description.get_or_insert_with(|| description.to_owned());
                }
            }
        }
    }
}

/// The declaration of an argument or input field.
pub(super) fn argument(name: &str, description: Option<&str>, kind: String) -> MetaInputValue {
    MetaInputValue {
        name: name.to_owned(),
        description: description.map(str::to_owned),
        ty: kind,
        deprecation: Deprecation::NoDeprecated,
        default_value: None,
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        is_secret: false,
        directive_invocations: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(first: Option<i32>, after: Option<usize>, last: Option<i32>, before: Option<usize>) -> Window {
        let cursor = |offset: Option<usize>| offset.map(|offset| List::InMemory("Int").at(offset).encode());
        Window { first, after: cursor(after), last, before: cursor(before) }
    }

    /// The items of a page of 0 to 9, and whether there are items before and after them.
    fn page(window: Window) -> (Vec<i32>, bool, bool) {
        let page = Items((0..10).collect::<Vec<i32>>()).page(window).unwrap();
        (page.edges.iter().map(|edge| edge.node).collect(), page.has_previous_page, page.has_next_page)
    }

    #[test]
    fn a_list_in_memory_is_paged_in_both_directions() {
        assert_eq!(page(Window::default()), ((0..10).collect(), false, false));
        assert_eq!(page(window(Some(3), None, None, None)), (vec![0, 1, 2], false, true));
        assert_eq!(page(window(Some(3), Some(2), None, None)), (vec![3, 4, 5], true, true));
        assert_eq!(page(window(Some(3), Some(8), None, None)), (vec![9], true, false));
        assert_eq!(page(window(None, None, Some(2), None)), (vec![8, 9], true, false));
        assert_eq!(page(window(None, None, Some(2), Some(8))), (vec![6, 7], true, true));
        assert_eq!(page(window(None, None, Some(5), Some(2))), (vec![0, 1], false, true));
        assert_eq!(page(window(Some(2), Some(2), None, Some(9))), (vec![3, 4], true, true));
        assert_eq!(page(window(None, Some(40), None, None)), (vec![], true, false));
        assert_eq!(page(window(None, Some(5), None, Some(2))), (vec![], true, true));
    }

    #[test]
    fn an_invalid_argument_is_rejected_by_name() {
        let code = |window: Window| {
            let problem = Items(vec![1]).page(window).err().unwrap();
            (problem.0.pointer().unwrap().to_owned(), problem.0.code().to_owned())
        };
        for size in [0, -1, 201, i32::MIN, i32::MAX] {
            assert_eq!(
                code(window(Some(size), None, None, None)),
                ("first".to_owned(), "invalid_value".to_owned())
            );
            assert_eq!(
                code(window(None, None, Some(size), None)),
                ("last".to_owned(), "invalid_value".to_owned())
            );
        }
        assert_eq!(
            code(window(Some(1), None, Some(1), None)),
            ("last".to_owned(), "invalid_value".to_owned())
        );
        let other = Some(List::Events.at(1).encode());
        let after = Window { after: other.clone(), ..Window::default() };
        assert_eq!(code(after), ("after".to_owned(), "invalid_cursor".to_owned()));
        let before = Window { before: other, ..Window::default() };
        assert_eq!(code(before), ("before".to_owned(), "invalid_cursor".to_owned()));
    }

    #[test]
    fn a_list_in_a_store_is_read_in_one_direction_from_one_place() {
        let cursor = || Some(List::Events.at(5).encode());
        let none = Window::default;
        let either_way = |window: Window| {
            window.either_way(List::Events).map_err(|problem| problem.0.pointer().unwrap().to_owned())
        };
        let page = |limit, is_backward, place: Option<&str>| {
            Ok(Page { limit, is_backward, place: place.map(str::to_owned) })
        };
        assert_eq!(either_way(none()), page(DEFAULT_PAGE, false, None));
        assert_eq!(
            either_way(Window { first: Some(3), after: cursor(), ..none() }),
            page(3, false, Some("5"))
        );
        assert_eq!(either_way(Window { last: Some(3), ..none() }), page(3, true, None));
        assert_eq!(either_way(Window { before: cursor(), ..none() }), page(DEFAULT_PAGE, true, Some("5")));
        assert_eq!(
            either_way(Window { after: cursor(), before: cursor(), ..none() }),
            Err("before".to_owned())
        );
        assert_eq!(either_way(Window { last: Some(3), after: cursor(), ..none() }), Err("last".to_owned()));
        assert_eq!(
            either_way(Window { first: Some(3), before: cursor(), ..none() }),
            Err("first".to_owned())
        );
        let forward_only = |window: Window| {
            window.forward(List::Events).map_err(|problem| problem.0.pointer().unwrap().to_owned())
        };
        assert_eq!(forward_only(Window { last: Some(3), ..none() }), Err("last".to_owned()));
        assert_eq!(forward_only(Window { before: cursor(), ..none() }), Err("before".to_owned()));
    }
}
