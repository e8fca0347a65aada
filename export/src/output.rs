//! The files of a table of a read model: one per date, replaced if its rows have changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_domain::values::Day;

use super::ExportError;
use super::directory::TableDirectory;
use super::files;
use super::manifest::{AsOf, MANIFEST_VERSION, Manifest, Rows, RowsFile};
use super::report::Exported;
use super::table_file::TableFile;
use super::tables::Kind;

/// A table whose rows are made from items of one type, such as orders.
pub trait Output<S> {
    /// The exported file of a date.
    fn file(&self, date: Day) -> Option<&RowsFile>;

    fn files(&self) -> &[RowsFile];

    /// True while the rows of a date are being written.
    fn is_open(&self) -> bool;

    /// Starts the rows of a date.
    fn begin(&mut self, date: Day) -> Result<(), ExportError>;

    /// Adds the rows of an item, if a date is open.
    fn add(&mut self, item: &Arc<S>) -> Result<(), ExportError>;

    /// Finishes the open date, if there is one.
    fn finish(&mut self, as_of: &AsOf, last_order: Option<u64>) -> Result<(), ExportError>;

    /// Ends a pass over all dates: dates that were not written are unchanged, and dates of another build have no rows.
    fn confirm(&mut self, as_of: &AsOf) -> Result<(), ExportError>;

    /// Records that all rows have the state of a position.
    fn complete(&mut self, position: u64) -> Result<(), ExportError>;

    fn exported(self: Box<Self>) -> Exported;
}

/// A merchant's rows of one table.
pub struct TableOutput<S: 'static, T: 'static> {
    kind: &'static Kind<S, T>,
    directory: TableDirectory,
    manifest: Manifest<Rows>,
    open: Option<(Day, TableFile<T>)>,
    exported: Exported,
}

impl<S, T> TableOutput<S, T> {
    /// Continues an earlier export.
    pub fn open(kind: &'static Kind<S, T>, directory: TableDirectory) -> Result<Self, ExportError> {
        let empty = || Manifest {
            manifest: MANIFEST_VERSION,
            table: kind.table.name.to_owned(),
            merchant: directory.merchant.to_string(),
            content: Rows { position: 0, complete: false, files: Vec::new() },
        };
        let mut manifest = directory.manifest::<Rows>()?.unwrap_or_else(empty);
        directory.clean_up(&BTreeSet::new())?;
        // A file that is missing or has another size, as after an interruption, is written again.
        manifest.content.files.retain(|file| {
            let path = file.path.as_ref().map(|path| directory.path.join(path));
            path.is_none_or(|path| std::fs::metadata(path).is_ok_and(|metadata| metadata.len() == file.bytes))
        });
        let exported = Exported::new(kind.table.name, &directory.merchant, manifest.content.position);
        Ok(Self { kind, directory, manifest, open: None, exported })
    }
}

impl<S, T> Output<S> for TableOutput<S, T> {
    fn file(&self, date: Day) -> Option<&RowsFile> {
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
            self.directory.write_manifest(&self.manifest)?;
        }
        let sheet =
            TableFile::create(&self.directory.day_directory(date), &self.kind.table, self.directory.format)?;
        self.open = Some((date, sheet));
        Ok(())
    }

    fn add(&mut self, item: &Arc<S>) -> Result<(), ExportError> {
        if let Some((_, sheet)) = &mut self.open {
            for row in (self.kind.rows)(item) {
                sheet.add(&row)?;
            }
        }
        Ok(())
    }

    fn finish(&mut self, as_of: &AsOf, last_order: Option<u64>) -> Result<(), ExportError> {
        let Some((date, sheet)) = self.open.take() else { return Ok(()) };
        let relative_path = self.directory.relative_path(date, self.kind.table.name);
        let path = self.directory.path.join(&relative_path);
        let mut file = RowsFile { date, path: None, rows: 0, bytes: 0, last_order, as_of: as_of.clone() };
        if sheet.rows() > 0 {
            let finished = sheet.finish(&path)?;
            (file.path, file.rows, file.bytes) = (Some(relative_path), finished.rows, finished.bytes);
            self.exported.add(finished, as_of.position);
        } else {
            // Some readers cannot determine the columns of a file without rows.
            drop(sheet);
            files::remove(&path).map_err(ExportError::file(&path))?;
        }
        let files = &mut self.manifest.content.files;
        files.retain(|other| other.date != date);
        files.push(file);
        files.sort_by_key(|file| file.date);
        self.directory.write_manifest(&self.manifest)
    }

    fn confirm(&mut self, as_of: &AsOf) -> Result<(), ExportError> {
        let is_of_other_build = |file: &&RowsFile| file.as_of.generation != as_of.generation;
        let dates: Vec<Day> = self.files().iter().filter(is_of_other_build).map(|file| file.date).collect();
        for date in dates {
            self.begin(date)?;
            self.finish(as_of, None)?;
        }
        // The next run only looks for changes after this state. `complete` writes the manifest.
        let confirmed = self.manifest.content.files.iter_mut().filter(|file| file.as_of.is_comparable(as_of));
        confirmed.for_each(|file| file.as_of = as_of.clone());
        Ok(())
    }

    fn complete(&mut self, position: u64) -> Result<(), ExportError> {
        let content = &mut self.manifest.content;
        if !content.complete || content.position != position {
            (content.complete, content.position) = (true, position);
            self.directory.write_manifest(&self.manifest)?;
        }
        self.exported.position = position;
        Ok(())
    }

    fn exported(self: Box<Self>) -> Exported {
        self.exported
    }
}

/// The dates that have changed since their export, with the position of the latest change.
pub type Changed = BTreeMap<Day, u64>;

/// The exported file of a date, if its rows are unchanged.
pub fn unchanged<'o, S>(
    output: &'o dyn Output<S>,
    date: Day,
    as_of: &AsOf,
    changed: &Changed,
) -> Option<&'o RowsFile> {
    let file = output.file(date).filter(|file| file.as_of.is_comparable(as_of))?;
    let latest = changed.get(&date).copied().unwrap_or(0);
    (latest <= file.as_of.position).then_some(file)
}
