//! Export of events: each event once, in files that are only added.

use std::collections::BTreeSet;

use holdfast_commands::Metadata;
use holdfast_domain::values::Day;
use holdfast_journal::{Event, Hash, Journal};

use super::ExportError;
use super::directory::{TableDirectory, date_of, event_file};
use super::limits::{Limits, Range};
use super::manifest::{Events, EventsFile, MANIFEST_VERSION, Manifest};
use super::report::Exported;
use super::table_file::TableFile;
use super::tables::{EVENTS, RecordedEvent};

pub struct EventsExport<'a> {
    journal: &'a dyn Journal,
    directory: TableDirectory,
    limits: Limits,
    manifest: Manifest<Events>,
    until: u64,
    /// The hash of the last exported event.
    hash: Hash,
    open: Option<OpenFile>,
    exported: Exported,
}

/// The file that is being written.
struct OpenFile {
    date: Day,
    first: u64,
    last: u64,
    sheet: TableFile<RecordedEvent>,
}

impl<'a> EventsExport<'a> {
    /// Continues after the last exported event.
    pub async fn open(
        journal: &'a dyn Journal,
        directory: TableDirectory,
        range: Range,
        limits: Limits,
    ) -> Result<Self, ExportError> {
        let merchant = directory.merchant.as_str();
        let head = journal.head(merchant).await?.position;
        let until = range.until.unwrap_or(head);
        if until > head {
            let merchant = merchant.to_owned();
            return Err(ExportError::Beyond { merchant, head, requested: until });
        }
        let empty = || Manifest {
            manifest: MANIFEST_VERSION,
            table: EVENTS.name.to_owned(),
            merchant: merchant.to_owned(),
            content: Events {
                from: range.from,
                position: range.from - 1,
                hash: String::new(),
                files: Vec::new(),
            },
        };
        let manifest = directory.manifest::<Events>()?.unwrap_or_else(empty);
        let content = &manifest.content;
        check(&directory, content, range)?;
        let manifest_files: BTreeSet<&str> = content.files.iter().map(|file| file.path.as_str()).collect();
        directory.clean_up(&manifest_files)?;
        let hash = hash_at(journal, merchant, content.position).await?;
        let Some(hash) = hash.filter(|hash| content.files.is_empty() || hash.to_string() == content.hash)
        else {
            let (directory, position) = (directory.path.clone(), content.position);
            let other = ExportError::OtherJournal { directory, position };
            let beyond = ExportError::Beyond { merchant: merchant.to_owned(), head, requested: range.from };
            return Err(if content.files.is_empty() { beyond } else { other });
        };
        let exported = Exported::new(EVENTS.name, &directory.merchant, content.position);
        Ok(Self { journal, directory, limits, manifest, until, hash, open: None, exported })
    }

    /// The number of events to export.
    pub fn remaining(&self) -> u64 {
        self.until.saturating_sub(self.manifest.content.position)
    }

    /// Exports the events. Calls `report` after each page with the number of exported events.
    pub async fn run(mut self, mut report: impl FnMut(u64)) -> Result<Exported, ExportError> {
        let start = self.manifest.content.position;
        let mut position = start;
        let merchant = self.directory.merchant.clone();
        while position < self.until {
            let page = self.journal.read(merchant.as_str(), position, self.limits.events_per_page).await?;
            let changed = |position| ExportError::EventChanged { merchant: merchant.to_string(), position };
            if page.is_empty() {
                return Err(changed(position + 1));
            }
            for event in page {
                // A page contains whole commands: the last one may extend beyond the range.
                if position == self.until {
                    break;
                }
                position += 1;
                if event.position != position || !event.follows(merchant.as_str(), &self.hash.0) {
                    return Err(changed(position));
                }
                self.hash = event.hash;
                if self.add(event)? {
                    // Lets the caller stop the export between files.
                    tokio::task::yield_now().await;
                }
            }
            report(position - start);
        }
        self.close()?;
        Ok(self.exported)
    }

    /// Adds an event. Returns true if the event did not fit into the open file, which was finished.
    fn add(&mut self, event: Event) -> Result<bool, ExportError> {
        let date = date_of(event.recorded_at)?;
        let is_full = |open: &OpenFile| open.date != date || open.sheet.rows() >= self.limits.events_per_file;
        let is_full = self.open.as_ref().is_some_and(is_full);
        if is_full {
            self.close()?;
        }
        let position = event.position;
        let metadata = Metadata::of(&event)?;
        let hash = event.hash;
        let open = match &mut self.open {
            Some(open) => open,
            none => {
                let sheet =
                    TableFile::create(&self.directory.day_directory(date), &EVENTS, self.directory.format)?;
                none.insert(OpenFile { date, first: position, last: position, sheet })
            }
        };
        open.sheet.add(&RecordedEvent { event, metadata })?;
        open.last = position;
        self.manifest.content.hash = hash.to_string();
        Ok(is_full)
    }

    /// Finishes the open file and adds it to the manifest.
    fn close(&mut self) -> Result<(), ExportError> {
        let Some(OpenFile { date, first, last, sheet }) = self.open.take() else { return Ok(()) };
        let path = self.directory.relative_path(date, &event_file(first, last));
        let finished = sheet.finish(&self.directory.path.join(&path))?;
        let (rows, bytes) = (finished.rows, finished.bytes);
        self.manifest.content.files.push(EventsFile { path, first, last, rows, bytes });
        self.manifest.content.position = last;
        self.directory.write_manifest(&self.manifest)?;
        self.exported.add(finished, last);
        Ok(())
    }
}

/// Checks that the exported events are the beginning of the range, and that their files are unchanged.
fn check(directory: &TableDirectory, exported: &Events, requested: Range) -> Result<(), ExportError> {
    let root = || directory.path.clone();
    if exported.from != requested.from {
        let (found, requested) = (exported.from, requested.from);
        return Err(ExportError::OtherRange { directory: root(), found, requested });
    }
    let found = exported.position;
    if let Some(requested) = requested.until.filter(|until| *until < found && !exported.files.is_empty()) {
        return Err(ExportError::AlreadyBeyond { directory: root(), found, requested });
    }
    for file in &exported.files {
        let path = directory.path.join(&file.path);
        if !std::fs::metadata(&path).is_ok_and(|metadata| metadata.len() == file.bytes) {
            return Err(ExportError::Changed(path));
        }
    }
    Ok(())
}

/// The hash of the event at a position; `None` if there is no such event.
pub async fn hash_at(
    journal: &dyn Journal,
    merchant: &str,
    position: u64,
) -> Result<Option<Hash>, ExportError> {
    if position == 0 {
        return Ok(Some(Hash::default()));
    }
    let event = journal.read(merchant, position - 1, 1).await?.into_iter().next();
    Ok(event.filter(|event| event.position == position).map(|event| event.hash))
}
