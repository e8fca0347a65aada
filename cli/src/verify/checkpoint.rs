//! Signed checkpoints, with which an auditor can prove later that the journals were not changed.
//!
//! A checkpoint contains, for each merchant, the last event and the last batch with their hashes, which cover everything
//! before them. It is signed with Ed25519 ([RFC 8032](https://www.rfc-editor.org/rfc/rfc8032)) over a text that can be
//! reproduced from the file: see [`Checkpoint::text`].

use std::io::Write as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use holdfast_domain::values::Timestamp;
use holdfast_journal::{Finding, Head, Journal};
use serde::{Deserialize, Serialize};

use super::error::CheckpointError;
use crate::error::CliError;

/// The end of a merchant's journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JournalEnd {
    merchant: String,
    /// Position of the last event.
    position: u64,
    /// Hash of the last event, in hexadecimal.
    event_hash: String,
    /// Number of the last batch.
    batch: u64,
    /// Hash of the last batch, in hexadecimal.
    batch_hash: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Checkpoint {
    merchants: Vec<JournalEnd>,
    /// Time of the signature.
    at: Timestamp,
}

/// The file format of a checkpoint.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CheckpointFile {
    checkpoint: Checkpoint,
    /// Public key of the signer, in base64.
    public_key: String,
    signature: String,
}

impl JournalEnd {
    pub fn new(merchant: &str, head: &Head) -> Self {
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
    pub fn new(merchants: Vec<JournalEnd>, at: Timestamp) -> Self {
        Self { merchants, at }
    }

    /// The text that is signed: a line with the format version, a line with the time, and a line for each merchant with the
    /// fields separated by spaces, which no field contains.
    fn text(&self) -> String {
        let ends = self.merchants.iter().map(|end| {
            let JournalEnd { merchant, position, event_hash, batch, batch_hash } = end;
            format!("{merchant} {position} {event_hash} {batch} {batch_hash}")
        });
        let lines = ["holdfast checkpoint 1".to_owned(), self.at.to_string()].into_iter().chain(ends);
        lines.map(|line| line + "\n").collect()
    }

    /// Signs the checkpoint, writes it to a file and returns the public key.
    pub fn write(self, file: &Path, key_file: &Path) -> Result<String, CliError> {
        let key = signing_key(key_file)?;
        let signature = STANDARD.encode(key.sign(self.text().as_bytes()).to_bytes());
        let public_key = STANDARD.encode(key.verifying_key().to_bytes());
        let content = CheckpointFile { checkpoint: self, public_key: public_key.clone(), signature };
        let mut text = serde_json::to_string_pretty(&content)?;
        text.push('\n');
        std::fs::write(file, text).map_err(|error| file_error(file, error))?;
        Ok(public_key)
    }

    /// Reads a checkpoint and checks its signature: with the given key, or else with the key in the file.
    pub fn read(file: &Path, public_key: Option<&str>) -> Result<Self, CliError> {
        let text = std::fs::read_to_string(file).map_err(|error| file_error(file, error))?;
        let content: CheckpointFile = serde_json::from_str(&text).map_err(|error| file_error(file, error))?;
        let public_key = public_key.unwrap_or(&content.public_key);
        let is_signed = || -> Option<()> {
            let key: [u8; 32] = STANDARD.decode(public_key).ok()?.try_into().ok()?;
            let signature: [u8; 64] = STANDARD.decode(&content.signature).ok()?.try_into().ok()?;
            let key = VerifyingKey::from_bytes(&key).ok()?;
            key.verify_strict(content.checkpoint.text().as_bytes(), &Signature::from_bytes(&signature)).ok()
        };
        is_signed().ok_or_else(|| CheckpointError::Signature(file.display().to_string()))?;
        Ok(content.checkpoint)
    }

    /// The differences between a merchant's journal and the checkpoint.
    pub async fn differences(&self, journal: &dyn Journal, merchant: &str) -> Result<Vec<Finding>, CliError> {
        let Some(end) = self.merchants.iter().find(|end| end.merchant == merchant) else {
            return Ok(Vec::new());
        };
        let finding = |problem: String| Finding { position: end.position, problem };
        let mut findings = Vec::new();
        if end.position > 0 {
            let event = journal.read(merchant, end.position - 1, 1).await?;
            match event.first().filter(|event| event.position == end.position) {
                None => findings.push(finding("the journal ends before the checkpoint".to_owned())),
                Some(event) if event.hash.to_string() != end.event_hash => {
                    findings.push(finding("the event differs from the checkpoint".to_owned()));
                }
                Some(_) => {}
            }
        }
        if end.batch > 0 {
            let batch = journal.batches(merchant, end.batch - 1, 1).await?;
            let is_same = batch.first().is_some_and(|batch| batch.hash.to_string() == end.batch_hash);
            if !is_same {
                findings.push(finding(format!("batch {} differs from the checkpoint", end.batch)));
            }
        }
        Ok(findings)
    }

    pub fn merchants(&self) -> impl Iterator<Item = &str> {
        self.merchants.iter().map(|end| end.merchant.as_str())
    }
}

#[allow(clippy::needless_pass_by_value, reason = "an error handler")]
fn file_error(file: &Path, reason: impl ToString) -> CheckpointError {
    CheckpointError::File { file: file.display().to_string(), reason: reason.to_string() }
}

/// Reads a signing key, base64 of 32 bytes; creates the file with a new key if it does not exist.
fn signing_key(file: &Path) -> Result<SigningKey, CheckpointError> {
    match std::fs::read_to_string(file) {
        Ok(text) => {
            let bytes = STANDARD.decode(text.trim()).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
            let bytes = bytes.ok_or_else(|| file_error(file, "is not base64 of 32 bytes"))?;
            Ok(SigningKey::from_bytes(&bytes))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let mut bytes = [0; 32];
            getrandom::fill(&mut bytes).map_err(|error| file_error(file, error))?;
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let result = options.open(file).and_then(|mut new_file| {
                writeln!(new_file, "{}", STANDARD.encode(bytes))?;
                new_file.sync_all()
            });
            result.map_err(|error| file_error(file, error))?;
            Ok(SigningKey::from_bytes(&bytes))
        }
        Err(error) => Err(file_error(file, error)),
    }
}

/// Arguments about checkpoints.
#[derive(Debug, clap::Args)]
pub struct CheckpointArguments {
    /// Write a signed checkpoint of the ends of the journals to this file, if there are no findings. Store it where those
    /// who can change the store cannot change it.
    #[arg(long, value_name = "FILE", requires = "signing_key")]
    pub checkpoint: Option<PathBuf>,
    /// File with the signing key, base64 of 32 bytes; created with a new key if absent. It belongs to the auditor, not next
    /// to the store.
    #[arg(long, value_name = "FILE", requires = "checkpoint")]
    pub signing_key: Option<PathBuf>,
    /// Also verify that the journals still match this checkpoint.
    #[arg(long, value_name = "FILE")]
    pub against: Option<PathBuf>,
    /// Public key, in base64, that must have signed the checkpoint. Default: the key in the checkpoint itself.
    #[arg(long, value_name = "KEY", requires = "against")]
    pub public_key: Option<String>,
}
