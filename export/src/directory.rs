//! The target directory: its lock and its layout.

use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use holdfast_domain::values::{Day, MerchantId};
use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::manifest::{MANIFEST_VERSION, Manifest};
use super::{ExportError, Format, files};

/// The name of the manifests of the directory and of each table of a merchant.
const MANIFEST: &str = "manifest.json";
/// The file that the exporting process locks.
const LOCK: &str = "export.lock";

/// The manifest of the directory.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DirectoryManifest {
    /// The version of all manifests in the directory.
    manifest: u32,
    format: Format,
}

/// A directory, locked by this process.
#[derive(Debug)]
pub struct Directory {
    root: PathBuf,
    format: Format,
    _lock: File,
}

impl Directory {
    /// Locks a new directory, or the directory of an earlier export.
    pub fn open(root: &Path, format: Format) -> Result<Self, ExportError> {
        files::create_directory(root).map_err(ExportError::file(root))?;
        let manifest = root.join(MANIFEST);
        let is_export_file = |entry: &PathBuf| {
            entry.file_name().is_some_and(|name| name == LOCK) || files::is_unfinished(entry)
        };
        let entries = files::entries(root).map_err(ExportError::file(root))?;
        if !manifest.is_file() && !entries.iter().all(is_export_file) {
            return Err(ExportError::NotAnExport(root.to_owned()));
        }
        let lock = File::create(root.join(LOCK)).map_err(ExportError::file(root))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(ExportError::InUse(root.to_owned())),
            Err(TryLockError::Error(error)) => return Err(ExportError::file(root)(error)),
        }
        match read::<DirectoryManifest>(&manifest)? {
            None => write(&manifest, &DirectoryManifest { manifest: MANIFEST_VERSION, format })?,
            Some(existing) => {
                check_version(&manifest, existing.manifest)?;
                if existing.format != format {
                    let directory = root.to_owned();
                    return Err(ExportError::OtherFormat {
                        directory,
                        found: existing.format,
                        requested: format,
                    });
                }
            }
        }
        Ok(Self { root: root.to_owned(), format, _lock: lock })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The directory for a merchant's rows of a table.
    pub fn table_directory(&self, table: &str, merchant: &MerchantId) -> TableDirectory {
        let path = self.root.join(table).join(format!("merchant={}", escape(merchant)));
        TableDirectory { path, merchant: merchant.clone(), format: self.format }
    }
}

/// Escapes a merchant's name for a path, as Hive does. Only the colon needs escaping.
fn escape(merchant: &MerchantId) -> String {
    merchant.as_str().replace(':', "%3A")
}

/// The directory of a merchant's rows of a table: a manifest, and a directory per date.
#[derive(Debug, Clone)]
pub struct TableDirectory {
    pub path: PathBuf,
    pub merchant: MerchantId,
    pub format: Format,
}

impl TableDirectory {
    pub fn day_directory(&self, date: Day) -> PathBuf {
        self.path.join(day_directory_name(date))
    }

    /// The path of a file, relative to the manifest.
    pub fn relative_path(&self, date: Day, name: &str) -> String {
        format!("{}/{name}.{}", day_directory_name(date), self.format.name())
    }

    /// Reads the manifest; `None` if there is none yet.
    pub fn manifest<D: DeserializeOwned>(&self) -> Result<Option<Manifest<D>>, ExportError> {
        let file = self.path.join(MANIFEST);
        let Some(manifest) = read::<Manifest<D>>(&file)? else { return Ok(None) };
        check_version(&file, manifest.manifest)?;
        if manifest.merchant != self.merchant.as_str() {
            let (found, requested) = (manifest.merchant, self.merchant.to_string());
            return Err(ExportError::OtherMerchant { file, found, requested });
        }
        Ok(Some(manifest))
    }

    pub fn write_manifest<D: Serialize>(&self, manifest: &Manifest<D>) -> Result<(), ExportError> {
        write(&self.path.join(MANIFEST), manifest)
    }

    /// Removes the files of an interrupted run: unfinished files, and event files that are not in the manifest.
    pub fn clean_up(&self, manifest_files: &BTreeSet<&str>) -> Result<(), ExportError> {
        let entries = |directory: &Path| files::entries(directory).map_err(ExportError::file(directory));
        for entry in entries(&self.path)? {
            if entry.is_file() && files::is_unfinished(&entry) {
                files::remove(&entry).map_err(ExportError::file(&entry))?;
            }
            let Some(day) = entry.file_name().and_then(|name| name.to_str()) else { continue };
            if !day.starts_with("date=") || !entry.is_dir() {
                continue;
            }
            for file in entries(&entry)? {
                let Some(name) = file.file_name().and_then(|name| name.to_str()) else { continue };
                let is_orphan =
                    is_event_file(name) && !manifest_files.contains(format!("{day}/{name}").as_str());
                if file.is_file() && (files::is_unfinished(&file) || is_orphan) {
                    files::remove(&file).map_err(ExportError::file(&file))?;
                }
            }
        }
        Ok(())
    }
}

fn day_directory_name(date: Day) -> String {
    format!("date={date}")
}

/// The name of a file of events, without its extension.
pub fn event_file(first: u64, last: u64) -> String {
    // The largest position has 20 digits.
    format!("part-{first:020}-{last:020}")
}

fn is_event_file(name: &str) -> bool {
    let numbers = name.strip_prefix("part-").and_then(|rest| rest.split_once('.'));
    let is_number = |text: &str| text.len() == 20 && text.bytes().all(|digit| digit.is_ascii_digit());
    numbers
        .and_then(|(numbers, _)| numbers.split_once('-'))
        .is_some_and(|(first, last)| is_number(first) && is_number(last))
}

/// The date of a time in microseconds, in UTC.
pub fn date_of(microseconds: i64) -> Result<Day, ExportError> {
    let time = jiff::Timestamp::from_microsecond(microseconds).ok();
    let date = time.map(|time| time.to_zoned(TimeZone::UTC).date().to_string());
    date.and_then(|date| date.parse().ok()).ok_or(ExportError::InvalidTime(microseconds))
}

fn check_version(file: &Path, found: u32) -> Result<(), ExportError> {
    match found {
        MANIFEST_VERSION => Ok(()),
        found => {
            let supported = MANIFEST_VERSION;
            Err(ExportError::ManifestVersion { file: file.to_owned(), found, supported })
        }
    }
}

fn read<D: DeserializeOwned>(file: &Path) -> Result<Option<D>, ExportError> {
    match std::fs::read(file) {
        Ok(text) => serde_json::from_slice(&text)
            .map(Some)
            .map_err(|reason| ExportError::Manifest { file: file.to_owned(), reason }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ExportError::file(file)(error)),
    }
}

fn write(file: &Path, content: &impl Serialize) -> Result<(), ExportError> {
    let invalid = |reason| ExportError::Manifest { file: file.to_owned(), reason };
    let mut text = serde_json::to_vec_pretty(content).map_err(invalid)?;
    text.push(b'\n');
    files::write(file, &text).map_err(ExportError::file(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_files_are_recognized_by_name() {
        let name = format!("{}.parquet", event_file(1, 250));
        assert_eq!(name, "part-00000000000000000001-00000000000000000250.parquet");
        assert!(is_event_file(&name));
        for other in ["part-1-2.parquet", "orders.parquet", "part-.parquet", "", &name[..46], "part-a-b.c"] {
            assert!(!is_event_file(other), "{other}");
        }
    }

    #[test]
    fn dates_are_in_utc() {
        assert_eq!(date_of(0).unwrap().to_string(), "1970-01-01");
        assert_eq!(date_of(86_400_000_000 - 1).unwrap().to_string(), "1970-01-01");
        assert_eq!(date_of(86_400_000_000).unwrap().to_string(), "1970-01-02");
        assert!(matches!(date_of(i64::MAX), Err(ExportError::InvalidTime(i64::MAX))));
    }
}
