//! Atomic writes: a file exists completely or not at all, even after a crash.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The extension of an unfinished file. The patterns that readers of the tables use do not match it.
const UNFINISHED: &str = "unfinished";

/// A file that is being written. It is removed when dropped, unless it was finished.
#[derive(Debug)]
pub struct Unfinished {
    file: File,
    path: PathBuf,
    is_finished: bool,
}

impl Unfinished {
    /// Creates a file in a directory, and the directory if needed.
    pub fn create(directory: &Path, name: &str) -> io::Result<Self> {
        create_directory(directory)?;
        let path = directory.join(format!("{name}.{UNFINISHED}"));
        let file = OpenOptions::new().write(true).create(true).truncate(true).open(&path)?;
        Ok(Self { file, path, is_finished: false })
    }

    /// Syncs the file and moves it to its path, where it replaces an existing file. Returns its size in bytes.
    pub fn finish(mut self, path: &Path) -> io::Result<u64> {
        self.file.sync_all()?;
        let bytes = self.file.metadata()?.len();
        fs::rename(&self.path, path)?;
        self.is_finished = true;
        if let Some(directory) = path.parent() {
            sync_directory(directory)?;
        }
        Ok(bytes)
    }
}

impl Write for Unfinished {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.is_finished {
            // If the removal fails, the next run removes the file.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// True for a file that an interrupted run did not finish.
pub fn is_unfinished(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == UNFINISHED)
}

/// Writes a small file; replaces an existing one.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut file = Unfinished::create(directory, &name)?;
    file.write_all(content)?;
    file.finish(path).map(drop)
}

/// Removes a file if it exists.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The entries of a directory; none if it does not exist.
pub fn entries(directory: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(directory) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Creates a directory and its missing parents, durably.
pub fn create_directory(directory: &Path) -> io::Result<()> {
    if directory.as_os_str().is_empty() || directory.is_dir() {
        return Ok(());
    }
    let parent = directory.parent().unwrap_or(Path::new(""));
    create_directory(parent)?;
    match fs::create_dir(directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    sync_directory(parent)
}

/// Makes changes of a directory durable.
fn sync_directory(directory: &Path) -> io::Result<()> {
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    // Other systems cannot open a directory as a file, and do not need it.
    if cfg!(unix) { File::open(directory)?.sync_all() } else { Ok(()) }
}
