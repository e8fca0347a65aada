//! The last commands of a merchant, for the report of a violation.

use std::collections::VecDeque;

use super::client::{Answer, Request};

const KEPT: usize = 20;

#[derive(Debug, Default)]
pub struct Log(VecDeque<String>);

impl Log {
    pub fn add(&mut self, key: &str, request: &Request, answer: &Answer) {
        let outcome = match answer.position {
            Some(position) if answer.is_accepted() => format!("{} at {position}", answer.status),
            _ => format!("{} {}", answer.status, answer.code()),
        };
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        let (method, path, body) = (&request.method, &request.path, &request.body);
        self.0.push_back(format!("{key} {method} {path} {body} -> {outcome}"));
    }

    /// All commands, the latest last.
    pub fn tell(&self) -> String {
        self.0.iter().map(|line| format!("\n    sent {line}")).collect()
    }
}
