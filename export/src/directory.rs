//! The directory that is exported into: whose it is while a run lasts, and where in it everything is.

use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use holdfast_domain::values::{Day, MerchantId};
use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::manifest::{KNOWN, Manifest};
use super::{ExportError, Format, files};

/// Says what a directory holds, and what each table of a merchant is complete up to.
const MANIFEST: &str = "manifest.json";
/// Held by the process that exports.
const LOCK: &str = "export.lock";

/// What a directory holds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kind {
    /// The version of all manifests in it.
    manifest: u32,
    format: Format,
}

/// A directory that this process alone exports into.
#[derive(Debug)]
pub struct Directory {
    root: PathBuf,
    format: Format,
    /// Let go of at the end.
    _lock: File,
}

impl Directory {
    /// Takes a directory to export into, or to go on with.
    pub fn open(root: &Path, format: Format) -> Result<Self, ExportError> {
        files::make_directory(root).map_err(ExportError::file(root))?;
        let manifest = root.join(MANIFEST);
        let is_known = |entry: &PathBuf| {
            entry.file_name().is_some_and(|name| name == LOCK) || files::is_unfinished(entry)
        };
        let entries = files::entries(root).map_err(ExportError::file(root))?;
        if !manifest.is_file() && !entries.iter().all(is_known) {
            return Err(ExportError::NotAnExport(root.to_owned()));
        }
        let lock = File::create(root.join(LOCK)).map_err(ExportError::file(root))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(ExportError::InUse(root.to_owned())),
            Err(TryLockError::Error(error)) => return Err(ExportError::file(root)(error)),
        }
        match read::<Kind>(&manifest)? {
            None => write(&manifest, &Kind { manifest: KNOWN, format })?,
            Some(kind) => {
                check_version(&manifest, kind.manifest)?;
                if kind.format != format {
                    let directory = root.to_owned();
                    return Err(ExportError::OtherFormat { directory, there: kind.format, asked: format });
                }
            }
        }
        Ok(Self { root: root.to_owned(), format, _lock: lock })
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where a merchant's rows of a table are.
    pub fn folder(&self, table: &str, merchant: &MerchantId) -> Folder {
        let path = self.root.join(table).join(format!("merchant={}", escaped(merchant)));
        Folder { path, merchant: merchant.clone(), format: self.format }
    }
}

/// A merchant's name as a part of a path, as Hive writes it: of its characters only the colon has to be replaced.
fn escaped(merchant: &MerchantId) -> String {
    merchant.as_str().replace(':', "%3A")
}

/// Where a merchant's rows of a table are: a directory for each date in it, and a manifest.
#[derive(Debug, Clone)]
pub struct Folder {
    pub path: PathBuf,
    pub merchant: MerchantId,
    pub format: Format,
}

impl Folder {
    /// The directory of a date.
    pub fn day(&self, date: Day) -> PathBuf {
        self.path.join(day(date))
    }

    /// Where a file is, as the manifest says it.
    pub fn place(&self, date: Day, name: &str) -> String {
        format!("{}/{name}.{}", day(date), self.format.name())
    }

    /// Reads the manifest, where there is one.
    pub fn manifest<D: DeserializeOwned>(&self) -> Result<Option<Manifest<D>>, ExportError> {
        let file = self.path.join(MANIFEST);
        let Some(manifest) = read::<Manifest<D>>(&file)? else { return Ok(None) };
        check_version(&file, manifest.manifest)?;
        if manifest.merchant != self.merchant.as_str() {
            let (there, asked) = (manifest.merchant, self.merchant.to_string());
            return Err(ExportError::OtherMerchant { file, there, asked });
        }
        Ok(Some(manifest))
    }

    /// Keeps the manifest.
    pub fn keep<D: Serialize>(&self, manifest: &Manifest<D>) -> Result<(), ExportError> {
        write(&self.path.join(MANIFEST), manifest)
    }

    /// Removes what a run left that was interrupted: files that are not finished, and parts that no manifest knows.
    pub fn tidy(&self, known: &BTreeSet<&str>) -> Result<(), ExportError> {
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
                let is_lost = is_part(name) && !known.contains(format!("{day}/{name}").as_str());
                if file.is_file() && (files::is_unfinished(&file) || is_lost) {
                    files::remove(&file).map_err(ExportError::file(&file))?;
                }
            }
        }
        Ok(())
    }
}

fn day(date: Day) -> String {
    format!("date={date}")
}

/// The name of a part of the events, without the end that tells its format.
pub fn part(first: u64, last: u64) -> String {
    // As many digits as the largest position has.
    format!("part-{first:020}-{last:020}")
}

/// Whether a file is called as parts are.
fn is_part(name: &str) -> bool {
    let numbers = name.strip_prefix("part-").and_then(|rest| rest.split_once('.'));
    let is_number = |text: &str| text.len() == 20 && text.bytes().all(|digit| digit.is_ascii_digit());
    numbers
        .and_then(|(numbers, _)| numbers.split_once('-'))
        .is_some_and(|(first, last)| is_number(first) && is_number(last))
}

/// The date of a moment, in UTC.
pub fn date_of(microseconds: i64) -> Result<Day, ExportError> {
    let moment = jiff::Timestamp::from_microsecond(microseconds).ok();
    let date = moment.map(|moment| moment.to_zoned(TimeZone::UTC).date().to_string());
    date.and_then(|date| date.parse().ok()).ok_or(ExportError::NoDate(microseconds))
}

fn check_version(file: &Path, found: u32) -> Result<(), ExportError> {
    match found {
        KNOWN => Ok(()),
        found => Err(ExportError::ManifestVersion { file: file.to_owned(), found, known: KNOWN }),
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
    let wrong = |reason| ExportError::Manifest { file: file.to_owned(), reason };
    let mut text = serde_json::to_vec_pretty(content).map_err(wrong)?;
    text.push(b'\n');
    files::write(file, &text).map_err(ExportError::file(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_known_by_their_names() {
        let name = format!("{}.parquet", part(1, 250));
        assert_eq!(name, "part-00000000000000000001-00000000000000000250.parquet");
        assert!(is_part(&name));
        for other in ["part-1-2.parquet", "orders.parquet", "part-.parquet", "", &name[..46], "part-a-b.c"] {
            assert!(!is_part(other), "{other}");
        }
    }

    #[test]
    fn days_are_those_of_utc() {
        assert_eq!(date_of(0).unwrap().to_string(), "1970-01-01");
        assert_eq!(date_of(86_400_000_000 - 1).unwrap().to_string(), "1970-01-01");
        assert_eq!(date_of(86_400_000_000).unwrap().to_string(), "1970-01-02");
        assert!(matches!(date_of(i64::MAX), Err(ExportError::NoDate(i64::MAX))));
    }
}
