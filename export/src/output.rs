//! Rows of a read model: a file for each date, written anew where something of it has changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_domain::values::Day;

use super::ExportError;
use super::directory::Folder;
use super::files;
use super::manifest::{AsOf, KNOWN, Manifest, Rows, RowsFile};
use super::report::Exported;
use super::sheet::Sheet;
use super::tables::Kind;

/// A table that rows of things of one kind go to, whatever rows they are.
pub trait Output<S> {
    /// What is known of a date, where it was exported before.
    fn known(&self, date: Day) -> Option<&RowsFile>;

    /// What is known of all dates.
    fn files(&self) -> &[RowsFile];

    /// Whether a date's rows are being written.
    fn is_open(&self) -> bool;

    /// Begins to write a date's rows.
    fn begin(&mut self, date: Day) -> Result<(), ExportError>;

    /// Takes the rows that a thing makes, where a date is being written.
    fn add(&mut self, thing: &Arc<S>) -> Result<(), ExportError>;

    /// Finishes the date that is being written, where one is: its rows are as of a moment.
    fn finish(&mut self, as_of: &AsOf, last_order: Option<u64>) -> Result<(), ExportError>;

    /// Takes every date as looked at: those that were not written are as of a moment as well, and there is nothing of those
    /// that are still of another build.
    fn confirm(&mut self, as_of: &AsOf) -> Result<(), ExportError>;

    /// Notes that all rows are as of a position.
    fn complete(&mut self, position: u64) -> Result<(), ExportError>;

    /// What was written.
    fn exported(self: Box<Self>) -> Exported;
}

/// A merchant's rows of one table.
pub struct TableOutput<S: 'static, T: 'static> {
    kind: &'static Kind<S, T>,
    folder: Folder,
    manifest: Manifest<Rows>,
    open: Option<(Day, Sheet<T>)>,
    exported: Exported,
}

impl<S, T> TableOutput<S, T> {
    /// Goes on with what was exported before, or begins.
    pub fn open(kind: &'static Kind<S, T>, folder: Folder) -> Result<Self, ExportError> {
        let nothing = || Manifest {
            manifest: KNOWN,
            table: kind.table.name.to_owned(),
            merchant: folder.merchant.to_string(),
            content: Rows { position: 0, complete: false, files: Vec::new() },
        };
        let mut manifest = folder.manifest::<Rows>()?.unwrap_or_else(nothing);
        folder.tidy(&BTreeSet::new())?;
        // One that is gone or other, as after an interruption, is written anew.
        manifest.content.files.retain(|file| {
            let path = file.path.as_ref().map(|path| folder.path.join(path));
            path.is_none_or(|path| std::fs::metadata(path).is_ok_and(|there| there.len() == file.bytes))
        });
        let exported = Exported::none(kind.table.name, &folder.merchant, manifest.content.position);
        Ok(Self { kind, folder, manifest, open: None, exported })
    }
}

impl<S, T> Output<S> for TableOutput<S, T> {
    fn known(&self, date: Day) -> Option<&RowsFile> {
        self.manifest.content.files.iter().find(|file| file.date == date)
    }

    fn files(&self) -> &[RowsFile] {
        &self.manifest.content.files
    }

    fn is_open(&self) -> bool {
        self.open.is_some()
    }

    fn begin(&mut self, date: Day) -> Result<(), ExportError> {
        if self.manifest.content.complete {
            self.manifest.content.complete = false;
            self.folder.keep(&self.manifest)?;
        }
        let sheet = Sheet::begin(&self.folder.day(date), &self.kind.table, self.folder.format)?;
        self.open = Some((date, sheet));
        Ok(())
    }

    fn add(&mut self, thing: &Arc<S>) -> Result<(), ExportError> {
        if let Some((_, sheet)) = &mut self.open {
            for row in (self.kind.rows)(thing) {
                sheet.add(&row)?;
            }
        }
        Ok(())
    }

    fn finish(&mut self, as_of: &AsOf, last_order: Option<u64>) -> Result<(), ExportError> {
        let Some((date, sheet)) = self.open.take() else { return Ok(()) };
        let place = self.folder.place(date, self.kind.table.name);
        let path = self.folder.path.join(&place);
        let mut file = RowsFile { date, path: None, rows: 0, bytes: 0, last_order, as_of: as_of.clone() };
        if sheet.rows() > 0 {
            let finished = sheet.finish(&path)?;
            (file.path, file.rows, file.bytes) = (Some(place), finished.rows, finished.bytes);
            self.exported.add(finished, as_of.position);
        } else {
            // A file without rows would be one that some readers cannot tell the columns of.
            drop(sheet);
            files::remove(&path).map_err(ExportError::file(&path))?;
        }
        let files = &mut self.manifest.content.files;
        files.retain(|known| known.date != date);
        files.push(file);
        files.sort_by_key(|file| file.date);
        self.folder.keep(&self.manifest)
    }

    fn confirm(&mut self, as_of: &AsOf) -> Result<(), ExportError> {
        let of_other_builds = |file: &&RowsFile| file.as_of.generation != as_of.generation;
        let gone: Vec<Day> = self.files().iter().filter(of_other_builds).map(|file| file.date).collect();
        for date in gone {
            self.begin(date)?;
            self.finish(as_of, None)?;
        }
        // What has not changed until now need not be looked for again among what came before. Kept with what is complete.
        let confirmed = self.manifest.content.files.iter_mut().filter(|file| file.as_of.may_be(as_of));
        confirmed.for_each(|file| file.as_of = as_of.clone());
        Ok(())
    }

    fn complete(&mut self, position: u64) -> Result<(), ExportError> {
        let content = &mut self.manifest.content;
        if !content.complete || content.position != position {
            (content.complete, content.position) = (true, position);
            self.folder.keep(&self.manifest)?;
        }
        self.exported.position = position;
        Ok(())
    }

    fn exported(self: Box<Self>) -> Exported {
        self.exported
    }
}

/// Which dates have changed since they were exported, by the position of their latest change.
pub type Changed = BTreeMap<Day, u64>;

/// What is known of a date that need not be written anew: nothing of it has changed.
pub fn unchanged<'o, S>(
    output: &'o dyn Output<S>,
    date: Day,
    as_of: &AsOf,
    changed: &Changed,
) -> Option<&'o RowsFile> {
    let known = output.known(date).filter(|known| known.as_of.may_be(as_of))?;
    let latest = changed.get(&date).copied().unwrap_or(0);
    (latest <= known.as_of.position).then_some(known)
}
