//! The range of events to export, and the sizes of files and pages.

/// Positions of the events to export.
#[derive(Debug, Clone, Copy)]
pub struct Range {
    pub from: u64,
    /// Inclusive. Default: the last event.
    pub until: Option<u64>,
}

#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub events_per_file: u64,
    pub events_per_page: usize,
    /// Orders, SKUs or metrics per page.
    pub rows_per_page: usize,
}
