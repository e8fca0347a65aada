//! The part of a schema that matters for comparison, with references resolved and null separate.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// More references than this, one leading to the next, lead in a circle.
const REFERENCES: usize = 32;

#[derive(Default)]
pub(super) struct Shape<'a> {
    /// Its keywords, and those of the schema that it refers to.
    pub(super) keywords: BTreeMap<&'a str, &'a Value>,
    /// Whether null is permitted in addition.
    pub(super) nullable: bool,
    /// Of `oneOf` and `anyOf`, without null; a single one is the schema itself.
    pub(super) alternatives: Vec<&'a Value>,
}

impl<'a> Shape<'a> {
    pub(super) fn of(root: &'a Value, schema: &'a Value) -> Self {
        let mut shape = Self::default();
        shape.add(root, schema, 0);
        shape
    }

    fn add(&mut self, root: &'a Value, schema: &'a Value, depth: usize) {
        let Some(object) = schema.as_object() else {
            if *schema == false {
                self.keywords.insert("not", super::ANYTHING);
            }
            return;
        };
        let target = object.get("$ref").and_then(|reference| target(root, reference));
        if let Some(target) = target.filter(|_| depth < REFERENCES) {
            self.add(root, target, depth + 1);
        }
        for (keyword, value) in object {
            match (keyword.as_str(), value) {
                ("oneOf" | "anyOf", Value::Array(alternatives)) => self.choose(root, alternatives, depth),
                ("$ref", _) if target.is_some() => {}
                (keyword, value) => {
                    self.keywords.insert(keyword, value);
                }
            }
        }
        let lists = |keyword: &str, value: &Value| {
            object.get(keyword).and_then(Value::as_array).is_some_and(|list| list.contains(value))
        };
        self.nullable |= lists("type", &Value::from("null")) || lists("enum", &Value::Null);
    }

    fn choose(&mut self, root: &'a Value, alternatives: &'a [Value], depth: usize) {
        let others: Vec<_> =
            alternatives.iter().filter(|alternative| alternative["type"] != "null").collect();
        self.nullable |= others.len() < alternatives.len();
        match others[..] {
            [only] if depth < REFERENCES => self.add(root, only, depth + 1),
            _ => self.alternatives.extend(others),
        }
    }

    pub(super) fn keyword(&self, name: &str) -> Option<&'a Value> {
        self.keywords.get(name).copied()
    }

    pub(super) fn map(&self, name: &str) -> Option<&'a Map<String, Value>> {
        self.keyword(name).and_then(Value::as_object)
    }

    /// The texts of a list.
    pub(super) fn names(&self, name: &str) -> BTreeSet<&'a str> {
        self.keyword(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// The permitted types without null, in words.
    pub(super) fn types(&self) -> String {
        let names: Vec<&str> = match self.keyword("type") {
            Some(Value::String(name)) => vec![name],
            Some(list) => list.as_array().into_iter().flatten().filter_map(Value::as_str).collect(),
            None => vec!["any"],
        };
        let names: BTreeSet<&str> = names.into_iter().filter(|name| *name != "null").collect();
        Vec::from_iter(names).join(" or ")
    }

    /// The permitted values without null, where it lists them: `enum`, `const`, or alternatives of such.
    pub(super) fn choices(&self, root: &'a Value) -> Option<Vec<&'a Value>> {
        if let Some(list) = self.keyword("enum").and_then(Value::as_array) {
            return Some(list.iter().filter(|value| !value.is_null()).collect());
        }
        if let Some(value) = self.keyword("const") {
            return Some(vec![value]);
        }
        if self.alternatives.is_empty() {
            return None;
        }
        let lists: Option<Vec<_>> =
            self.alternatives.iter().map(|alternative| Shape::of(root, alternative).choices(root)).collect();
        lists.map(|lists| lists.concat())
    }
}

/// What a reference within the document leads to.
pub(in crate::tests::history) fn target<'a>(root: &'a Value, reference: &Value) -> Option<&'a Value> {
    root.pointer(reference.as_str()?.strip_prefix('#')?)
}
