//! Errors of signed checkpoints.

#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    #[error("{file}: {reason}")]
    File { file: String, reason: String },
    #[error("invalid signature: {0} was changed, or signed with another key")]
    Signature(String),
    #[error("verification failed; checkpoint not signed")]
    NotClean,
}
