//! The commands of the API, from its OpenAPI document.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;

use super::client::{Client, Request};
use super::steps::{Draft, Step};

/// The bulk operation. The walker sends it itself.
pub const BULK: &str = "SubmitCommands";

/// Method and path of every operation that executes commands, by its id.
#[derive(Debug)]
pub struct Operations {
    by_id: BTreeMap<String, (Method, String)>,
}

impl Operations {
    pub async fn read(client: &Client) -> Self {
        let document = client.get("/openapi.json").await.body;
        let mut by_id = BTreeMap::new();
        for (path, operations) in document["paths"].as_object().expect("paths") {
            for (method, operation) in operations.as_object().expect("operations") {
                let method: Method = method.to_ascii_uppercase().parse().expect("a method");
                if method != Method::GET {
                    let id = operation["operationId"].as_str().expect("an id").to_owned();
                    by_id.insert(id, (method, path.clone()));
                }
            }
        }
        Self { by_id }
    }

    /// Asserts that every command has a step and every step has a command.
    pub fn assert_all_covered(&self, steps: &[Step]) {
        let described: BTreeSet<&str> = self.by_id.keys().map(String::as_str).collect();
        let mut covered: BTreeSet<&str> = steps.iter().map(|step| step.operation).collect();
        covered.insert(BULK);
        assert_eq!(described, covered, "every command has a step in the walk");
    }

    /// The request of a draft, with its path.
    pub fn request(&self, operation: &str, draft: Draft) -> Request {
        let (method, template) = &self.by_id[operation];
        let path = draft
            .ids
            .iter()
            .fold(template.clone(), |path, (name, id)| path.replace(&format!("{{{name}}}"), id));
        assert!(!path.contains('{'), "{operation}: {path}");
        Request {
            operation: operation.to_owned(),
            method: method.clone(),
            path: path + &draft.query,
            ids: draft.ids,
            body: draft.body,
            if_match: draft.if_match,
        }
    }
}
