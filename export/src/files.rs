//! Files that are there whole or not at all, also after a crash.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What the name of a file ends with that is not finished. No pattern of a reader's takes it for a table's.
const UNFINISHED: &str = "unfinished";

/// A file on its way. It is removed where it does not come to its place.
#[derive(Debug)]
pub struct Unfinished {
    file: File,
    path: PathBuf,
    is_there: bool,
}

impl Unfinished {
    /// Begins a file in a directory, which is made where it is not there.
    pub fn begin(directory: &Path, name: &str) -> io::Result<Self> {
        make_directory(directory)?;
        let path = directory.join(format!("{name}.{UNFINISHED}"));
        let file = OpenOptions::new().write(true).create(true).truncate(true).open(&path)?;
        Ok(Self { file, path, is_there: true })
    }

    /// Makes the file last under its name, in the place of what may be there, and gives how many bytes it has.
    pub fn put_in_place(mut self, path: &Path) -> io::Result<u64> {
        self.file.sync_all()?;
        let bytes = self.file.metadata()?.len();
        fs::rename(&self.path, path)?;
        self.is_there = false;
        if let Some(directory) = path.parent() {
            make_last(directory)?;
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
        if self.is_there {
            // One that stays is removed by the next run.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Whether a file was not finished by a run that was interrupted.
pub fn is_unfinished(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == UNFINISHED)
}

/// Writes a small file, in the place of what may be there.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut file = Unfinished::begin(directory, &name)?;
    file.write_all(content)?;
    file.put_in_place(path).map(drop)
}

/// Removes a file that may be there.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// What is in a directory; nothing where there is no directory.
pub fn entries(directory: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(directory) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Makes a directory and those above it that are not there, so that they last.
pub fn make_directory(directory: &Path) -> io::Result<()> {
    if directory.as_os_str().is_empty() || directory.is_dir() {
        return Ok(());
    }
    let above = directory.parent().unwrap_or(Path::new(""));
    make_directory(above)?;
    match fs::create_dir(directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    make_last(above)
}

/// Makes what was changed in a directory last.
fn make_last(directory: &Path) -> io::Result<()> {
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    // Elsewhere a directory cannot be opened as a file, and need not be.
    if cfg!(unix) { File::open(directory)?.sync_all() } else { Ok(()) }
}
