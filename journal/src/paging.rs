//! Pages of bounded size: reading ends after about [`MAX_PAGE_BYTES`], so that large payloads do not fill the memory.

use futures::{TryStream, TryStreamExt};

use crate::finding::Finding;
use crate::record::Event;

/// The size in bytes at which a page is full.
const MAX_PAGE_BYTES: usize = 32 << 20;

/// What a page consists of.
pub(crate) trait PageItem {
    /// The size in bytes, as far as it has no fixed limit.
    fn size(&self) -> usize;
}

impl PageItem for Event {
    fn size(&self) -> usize {
        self.payload.len() + self.sealed.as_ref().map_or(0, Vec::len) + self.metadata.len()
    }
}

impl PageItem for Result<Event, Finding> {
    fn size(&self) -> usize {
        self.as_ref().map_or(0, PageItem::size)
    }
}

/// A page that is being read.
#[derive(Debug)]
pub(crate) struct Page<T> {
    items: Vec<T>,
    bytes: usize,
}

impl<T: PageItem> Page<T> {
    pub(crate) fn new() -> Self {
        Self { items: Vec::new(), bytes: 0 }
    }

    pub(crate) fn push(&mut self, item: T) {
        self.bytes += item.size();
        self.items.push(item);
    }

    /// Reads rows until the page is full. After an error, the page has the rows before it.
    pub(crate) fn extend<E>(&mut self, rows: impl IntoIterator<Item = Result<T, E>>) -> Result<(), E> {
        let mut rows = rows.into_iter();
        while self.bytes < MAX_PAGE_BYTES
            && let Some(row) = rows.next()
        {
            self.push(row?);
        }
        Ok(())
    }

    /// Like [`Page::extend`], for rows that arrive from a server.
    pub(crate) async fn extend_from_stream<S>(&mut self, mut rows: S) -> Result<(), S::Error>
    where
        S: TryStream<Ok = T> + Unpin,
    {
        while self.bytes < MAX_PAGE_BYTES
            && let Some(row) = rows.try_next().await?
        {
            self.push(row);
        }
        Ok(())
    }

    pub(crate) fn last(&self) -> Option<&T> {
        self.items.last()
    }

    pub(crate) fn into_items(self) -> Vec<T> {
        self.items
    }
}

impl Page<Event> {
    /// The last position on the page and the end of its last command, if events of this command are missing. A page of
    /// whole commands must include them.
    pub(crate) fn incomplete_command(&self) -> Option<(u64, u64)> {
        let last = self.last()?;
        (last.command_end > last.position).then_some((last.position, last.command_end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl PageItem for usize {
        fn size(&self) -> usize {
            *self
        }
    }

    #[test]
    fn a_page_ends_at_its_maximum_size() {
        let rows = [MAX_PAGE_BYTES - 1, 1, 2].map(Ok::<_, ()>);
        let mut page = Page::new();
        page.extend(rows).unwrap();
        assert_eq!(page.into_items(), [MAX_PAGE_BYTES - 1, 1]);
    }

    #[test]
    fn a_page_keeps_the_rows_before_an_error() {
        let mut page = Page::new();
        assert_eq!(page.extend([Ok(1), Err("damaged"), Ok(2)]), Err("damaged"));
        assert_eq!(page.into_items(), [1]);
    }
}
