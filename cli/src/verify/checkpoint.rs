//! Signed checkpoints: what an auditor keeps of a journal, to find out later whether it still begins like that.
//!
//! A checkpoint names, for each merchant, the last event and the last batch with their hashes, which cover everything
//! before them. It is signed by Ed25519 ([RFC 8032](https://www.rfc-editor.org/rfc/rfc8032)) over lines of text that anybody
//! can write down again from the file: see [`Checkpoint::text`].

use std::io::Write as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use holdfast_domain::values::Timestamp;
use holdfast_journal::{Finding, Head, Journal};
use serde::{Deserialize, Serialize};

use super::CliError;

/// Where a merchant's journal ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ended {
    merchant: String,
    /// The last event's position.
    position: u64,
    /// The last event's hash, in hexadecimal.
    event_hash: String,
    /// The last batch's number.
    batch: u64,
    /// The last batch's hash, in hexadecimal.
    batch_hash: String,
}

/// What is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Checkpoint {
    /// Where each merchant's journal ended, by merchant.
    merchants: Vec<Ended>,
    /// When it was made.
    at: Timestamp,
}

/// A checkpoint as it is kept.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Kept {
    checkpoint: Checkpoint,
    /// Who has signed it: the public key, in base64.
    public_key: String,
    /// The signature, in base64.
    signature: String,
}

/// Why a checkpoint could not be made or used.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// A file of it.
    #[error("{file}: {reason}")]
    File {
        /// Which file.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// Somebody has changed it, or it was signed by another key.
    #[error("{0} is not what was signed, or not by the key that was named")]
    Signature(String),
    /// What was found wrong is not signed.
    #[error("no checkpoint is signed of a journal that is not what was written")]
    NotClean,
}

impl Ended {
    /// Where a journal ends.
    pub fn at(merchant: &str, head: &Head) -> Self {
        Self {
            merchant: merchant.to_owned(),
            position: head.position,
            event_hash: head.event_hash.to_string(),
            batch: head.batch,
            batch_hash: head.hash.to_string(),
        }
    }
}

impl Checkpoint {
    /// Of all merchants, at a moment.
    pub fn new(merchants: Vec<Ended>, at: Timestamp) -> Self {
        Self { merchants, at }
    }

    /// What is signed: a line that says what it is, one with the moment, and one for each merchant, with its parts parted by
    /// spaces, none of which can be in them.
    fn text(&self) -> String {
        let ended = self.merchants.iter().map(|ended| {
            let Ended { merchant, position, event_hash, batch, batch_hash } = ended;
            format!("{merchant} {position} {event_hash} {batch} {batch_hash}")
        });
        let lines = ["holdfast checkpoint 1".to_owned(), self.at.to_string()].into_iter().chain(ended);
        lines.map(|line| line + "\n").collect()
    }

    /// Signs it and writes it to a file, and gives the public key.
    pub fn keep(self, file: &Path, key_file: &Path) -> Result<String, CliError> {
        let key = signing_key(key_file)?;
        let signature = STANDARD.encode(key.sign(self.text().as_bytes()).to_bytes());
        let public_key = STANDARD.encode(key.verifying_key().to_bytes());
        let kept = Kept { checkpoint: self, public_key: public_key.clone(), signature };
        let mut text = serde_json::to_string_pretty(&kept)?;
        text.push('\n');
        std::fs::write(file, text).map_err(|error| wrong(file, error))?;
        Ok(public_key)
    }

    /// Reads a checkpoint that was kept, and makes certain that it is what was signed, by that key where one is named.
    pub fn kept(file: &Path, public_key: Option<&str>) -> Result<Self, CliError> {
        let text = std::fs::read_to_string(file).map_err(|error| wrong(file, error))?;
        let kept: Kept = serde_json::from_str(&text).map_err(|error| wrong(file, error))?;
        let by_whom = public_key.unwrap_or(&kept.public_key);
        let is_signed = || -> Option<()> {
            let key: [u8; 32] = STANDARD.decode(by_whom).ok()?.try_into().ok()?;
            let signature: [u8; 64] = STANDARD.decode(&kept.signature).ok()?.try_into().ok()?;
            let key = VerifyingKey::from_bytes(&key).ok()?;
            key.verify_strict(kept.checkpoint.text().as_bytes(), &Signature::from_bytes(&signature)).ok()
        };
        is_signed().ok_or_else(|| CheckpointError::Signature(file.display().to_string()))?;
        Ok(kept.checkpoint)
    }

    /// What a merchant's journal has that is not as it was at the checkpoint.
    pub async fn differs(&self, journal: &dyn Journal, merchant: &str) -> Result<Vec<Finding>, CliError> {
        let Some(then) = self.merchants.iter().find(|ended| ended.merchant == merchant) else {
            return Ok(Vec::new());
        };
        let found = |problem: String| Finding { position: then.position, problem };
        let mut findings = Vec::new();
        if then.position > 0 {
            let event = journal.read(merchant, then.position - 1, 1).await?;
            match event.first().filter(|event| event.position == then.position) {
                None => findings.push(found("the journal ends before the checkpoint".to_owned())),
                Some(event) if event.hash.to_string() != then.event_hash => {
                    findings.push(found("the event is not the one of the checkpoint".to_owned()));
                }
                Some(_) => {}
            }
        }
        if then.batch > 0 {
            let batch = journal.batches(merchant, then.batch - 1, 1).await?;
            let is_same = batch.first().is_some_and(|batch| batch.hash.to_string() == then.batch_hash);
            if !is_same {
                findings.push(found(format!("batch {} is not the one of the checkpoint", then.batch)));
            }
        }
        Ok(findings)
    }

    /// The merchants that it names.
    pub fn merchants(&self) -> impl Iterator<Item = &str> {
        self.merchants.iter().map(|ended| ended.merchant.as_str())
    }
}

#[allow(clippy::needless_pass_by_value, reason = "an error handler")]
fn wrong(file: &Path, reason: impl ToString) -> CheckpointError {
    CheckpointError::File { file: file.display().to_string(), reason: reason.to_string() }
}

/// The key of a file, base64 of 32 bytes; a new one where there is no such file.
fn signing_key(file: &Path) -> Result<SigningKey, CheckpointError> {
    match std::fs::read_to_string(file) {
        Ok(text) => {
            let bytes = STANDARD.decode(text.trim()).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
            let bytes = bytes.ok_or_else(|| wrong(file, "is not base64 of 32 bytes"))?;
            Ok(SigningKey::from_bytes(&bytes))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let mut bytes = [0; 32];
            getrandom::fill(&mut bytes).map_err(|error| wrong(file, error))?;
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let written = options.open(file).and_then(|mut written| {
                writeln!(written, "{}", STANDARD.encode(bytes))?;
                written.sync_all()
            });
            written.map_err(|error| wrong(file, error))?;
            Ok(SigningKey::from_bytes(&bytes))
        }
        Err(error) => Err(wrong(file, error)),
    }
}

/// The files and keys that `verify` is told of checkpoints.
#[derive(Debug, clap::Args)]
pub struct Flags {
    /// Write a signed checkpoint of where the journals end into this file, if everything is as it was written. Keep it where
    /// nobody who can change the store can change it.
    #[arg(long, value_name = "FILE", requires = "signing_key")]
    pub checkpoint: Option<PathBuf>,
    /// The file with the key to sign by, base64 of 32 bytes; made with a new key where there is none. It belongs to the
    /// auditor, not beside the store.
    #[arg(long, value_name = "FILE", requires = "checkpoint")]
    pub signing_key: Option<PathBuf>,
    /// Also make certain that the journals still begin as this checkpoint says.
    #[arg(long, value_name = "FILE")]
    pub against: Option<PathBuf>,
    /// Whose signature the checkpoint must have: the public key in base64. Without it the checkpoint's own word is taken.
    #[arg(long, value_name = "KEY", requires = "against")]
    pub public_key: Option<String>,
}
