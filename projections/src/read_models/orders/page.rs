//! Pages of lists.

/// A page of a list.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The items of the page.
    pub items: Vec<T>,
    /// Where the next page starts: pass it as `after`. `None` on the last page.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Makes a page of up to `limit` items. One item more tells that there is a next page, and is cut off.
    pub(super) fn new(mut items: Vec<T>, limit: usize, cursor: impl Fn(&T) -> String) -> Self {
        let has_next = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| has_next).map(cursor);
        Self { items, next }
    }
}
