//! Events: every one once, in files that only ever become more.

use std::collections::BTreeSet;

use holdfast_commands::Metadata;
use holdfast_domain::values::Day;
use holdfast_journal::{Event, Hash, Journal};

use super::ExportError;
use super::directory::{Folder, date_of, part};
use super::exporter::Limits;
use super::manifest::{Events, EventsFile, KNOWN, Manifest};
use super::report::Exported;
use super::sheet::Sheet;
use super::tables::{EVENTS, Told};

/// Which events are asked for, by their positions.
#[derive(Debug, Clone, Copy)]
pub struct Range {
    /// The first.
    pub from: u64,
    /// The last; the last that there is where not given.
    pub upto: Option<u64>,
}

/// Events of a merchant on their way.
pub struct EventsExport<'a> {
    journal: &'a dyn Journal,
    folder: Folder,
    limits: Limits,
    manifest: Manifest<Events>,
    upto: u64,
    /// The hash of the event before the next one.
    hash: Hash,
    open: Option<Open>,
    exported: Exported,
}

/// A file that is being written.
struct Open {
    date: Day,
    first: u64,
    last: u64,
    sheet: Sheet<Told>,
}

impl<'a> EventsExport<'a> {
    /// Goes on where the last run ended, or begins.
    pub async fn begin(
        journal: &'a dyn Journal,
        folder: Folder,
        range: Range,
        limits: Limits,
    ) -> Result<Self, ExportError> {
        let merchant = folder.merchant.as_str();
        let head = journal.head(merchant).await?.position;
        let upto = range.upto.unwrap_or(head);
        if upto > head {
            let merchant = merchant.to_owned();
            return Err(ExportError::Beyond { merchant, head, wanted: upto });
        }
        let nothing = || Manifest {
            manifest: KNOWN,
            table: EVENTS.name.to_owned(),
            merchant: merchant.to_owned(),
            content: Events {
                from: range.from,
                position: range.from - 1,
                hash: String::new(),
                files: Vec::new(),
            },
        };
        let manifest = folder.manifest::<Events>()?.unwrap_or_else(nothing);
        let content = &manifest.content;
        fits(&folder, content, range)?;
        let known: BTreeSet<&str> = content.files.iter().map(|file| file.path.as_str()).collect();
        folder.tidy(&known)?;
        let hash = hash_at(journal, merchant, content.position).await?;
        let Some(hash) = hash.filter(|hash| content.files.is_empty() || hash.to_string() == content.hash)
        else {
            let (directory, position) = (folder.path.clone(), content.position);
            let other = ExportError::OtherJournal { directory, position };
            let beyond = ExportError::Beyond { merchant: merchant.to_owned(), head, wanted: range.from };
            return Err(if content.files.is_empty() { beyond } else { other });
        };
        let exported = Exported::none(EVENTS.name, &folder.merchant, content.position);
        Ok(Self { journal, folder, limits, manifest, upto, hash, open: None, exported })
    }

    /// How many events there are to be exported.
    pub fn left(&self) -> u64 {
        self.upto.saturating_sub(self.manifest.content.position)
    }

    /// Exports what is there, and tells after each page how many events that are.
    pub async fn run(mut self, mut told: impl FnMut(u64)) -> Result<Exported, ExportError> {
        let begun = self.manifest.content.position;
        let mut position = begun;
        let merchant = self.folder.merchant.clone();
        while position < self.upto {
            let page = self.journal.read(merchant.as_str(), position, self.limits.page).await?;
            let not_as_written =
                |position| ExportError::NotAsWritten { merchant: merchant.to_string(), position };
            if page.is_empty() {
                return Err(not_as_written(position + 1));
            }
            for event in page {
                // A page ends with a command, which may reach beyond what is asked for.
                if position == self.upto {
                    break;
                }
                position += 1;
                if event.position != position || !event.follows(merchant.as_str(), &self.hash.0) {
                    return Err(not_as_written(position));
                }
                self.hash = event.hash;
                if self.add(event)? {
                    // Whoever wants to interrupt it gets a word in.
                    tokio::task::yield_now().await;
                }
            }
            told(position - begun);
        }
        self.close()?;
        Ok(self.exported)
    }

    /// Takes an event, and gives whether the file that it did not fit in any more was finished.
    fn add(&mut self, event: Event) -> Result<bool, ExportError> {
        let date = date_of(event.recorded_at)?;
        let is_full = |open: &Open| open.date != date || open.sheet.rows() >= self.limits.rows;
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
                let sheet = Sheet::begin(&self.folder.day(date), &EVENTS, self.folder.format)?;
                none.insert(Open { date, first: position, last: position, sheet })
            }
        };
        open.sheet.add(&Told { event, metadata })?;
        open.last = position;
        self.manifest.content.hash = hash.to_string();
        Ok(is_full)
    }

    /// Finishes the file that is being written, and notes it.
    fn close(&mut self) -> Result<(), ExportError> {
        let Some(Open { date, first, last, sheet }) = self.open.take() else { return Ok(()) };
        let path = self.folder.place(date, &part(first, last));
        let finished = sheet.finish(&self.folder.path.join(&path))?;
        let (rows, bytes) = (finished.rows, finished.bytes);
        self.manifest.content.files.push(EventsFile { path, first, last, rows, bytes });
        self.manifest.content.position = last;
        self.folder.keep(&self.manifest)?;
        self.exported.add(finished, last);
        Ok(())
    }
}

/// Whether what is there is a part of what is asked for, and as it was exported.
fn fits(folder: &Folder, there: &Events, asked: Range) -> Result<(), ExportError> {
    let directory = || folder.path.clone();
    if there.from != asked.from {
        return Err(ExportError::OtherRange { directory: directory(), there: there.from, asked: asked.from });
    }
    if let Some(upto) = asked.upto.filter(|upto| *upto < there.position && !there.files.is_empty()) {
        return Err(ExportError::AlreadyBeyond {
            directory: directory(),
            there: there.position,
            asked: upto,
        });
    }
    for file in &there.files {
        let path = folder.path.join(&file.path);
        if !std::fs::metadata(&path).is_ok_and(|there| there.len() == file.bytes) {
            return Err(ExportError::Changed(path));
        }
    }
    Ok(())
}

/// The hash of the event at a position; nothing where there is none.
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
