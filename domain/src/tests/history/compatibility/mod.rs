//! What a change of a schema breaks.

mod shape;
mod tests;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use shape::Shape;
pub(super) use shape::target;

/// Anything at all is permitted.
const ANYTHING: &Value = &Value::Bool(true);

/// Bounds, of which a higher one permits less.
const LOWER: [&str; 5] = ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"];

/// Bounds, of which a lower one permits less.
const UPPER: [&str; 5] = ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"];

/// Keywords that are looked into, each in its own way.
const LOOKED_INTO: [&str; 9] = [
    "type",
    "enum",
    "const",
    "properties",
    "required",
    "items",
    "additionalProperties",
    "patternProperties",
    "propertyNames",
];

/// Keywords that say something to people only.
const FOR_PEOPLE: [&str; 9] =
    ["$comment", "$defs", "$id", "$schema", "deprecated", "description", "examples", "readOnly", "title"];

/// What keeps payloads that fit the old schema from being read by the new one, or what a reader of the old one
/// counts on and the new one no longer says. A change of a keyword that is not known here counts as one of them.
///
/// More values of a choice and wider bounds are none: who knows them not stops at such a payload, and takes it for
/// nothing else.
pub(super) fn incompatibilities(old: &Value, new: &Value) -> Vec<String> {
    let mut comparison = Comparison { old, new, under_way: Vec::new(), found: Vec::new() };
    comparison.schemas("", old, new);
    comparison.found
}

struct Comparison<'a> {
    old: &'a Value,
    new: &'a Value,
    /// What is being compared further up: a type may contain itself.
    under_way: Vec<(&'a Value, &'a Value)>,
    found: Vec<String>,
}

impl<'a> Comparison<'a> {
    fn say(&mut self, path: &str, what: &str) {
        let place = if path.is_empty() { "the payload" } else { path };
        self.found.push(format!("{place}: {what}"));
    }

    fn schemas(&mut self, path: &str, old: &'a Value, new: &'a Value) {
        if self.under_way.contains(&(old, new)) {
            return;
        }
        self.under_way.push((old, new));
        let (was, is) = (Shape::of(self.old, old), Shape::of(self.new, new));
        match (was.nullable, is.nullable) {
            (true, false) => self.say(path, "may no longer be null"),
            (false, true) => self.say(path, "may be null now"),
            _ => {}
        }
        self.values(path, &was, &is);
        self.bounds(path, &was, &is);
        self.properties(path, &was, &is);
        self.required(path, &was, &is);
        self.contents(path, &was, &is);
        self.others(path, &was, &is);
        self.under_way.pop();
    }

    /// Types, choices and alternatives.
    fn values(&mut self, path: &str, was: &Shape<'a>, is: &Shape<'a>) {
        match (was.choices(self.old), is.choices(self.new)) {
            (Some(old), Some(new)) => {
                for value in old.into_iter().filter(|value| !new.contains(value)) {
                    self.say(path, &format!("may no longer be {value}"));
                }
            }
            (Some(_), None) => self.say(path, "is no longer one of a list of values"),
            (None, Some(_)) => self.say(path, "must be one of a list of values now"),
            (None, None) => {
                let (old, new) = (was.types(), is.types());
                if old != new {
                    self.say(path, &format!("changed type from {old} to {new}"));
                }
                self.alternatives(path, was, is);
            }
        }
    }

    /// Every old alternative must have a new one that changes nothing of it.
    fn alternatives(&mut self, path: &str, was: &Shape<'a>, is: &Shape<'a>) {
        if was.alternatives.is_empty() != is.alternatives.is_empty() {
            self.say(path, "changed whether it is one of several alternatives");
            return;
        }
        for (number, old) in (1..).zip(&was.alternatives) {
            let kept = is.alternatives.iter().any(|new| {
                let under_way = self.under_way.clone();
                let mut inner = Comparison { old: self.old, new: self.new, under_way, found: Vec::new() };
                inner.schemas(path, old, new);
                inner.found.is_empty()
            });
            if !kept {
                self.say(path, &format!("removed or changed alternative {number}"));
            }
        }
    }

    fn bounds(&mut self, path: &str, was: &Shape<'a>, is: &Shape<'a>) {
        for keyword in LOWER.into_iter().chain(UPPER) {
            let Some(new) = is.keyword(keyword) else { continue };
            let Some(old) = was.keyword(keyword) else {
                self.say(path, &format!("has a new {keyword} of {new}"));
                continue;
            };
            let narrower = match (integer(old), integer(new)) {
                (Some(old), Some(new)) if LOWER.contains(&keyword) => new > old,
                (Some(old), Some(new)) => new < old,
                // Fractions are not compared: any change counts.
                _ => old != new,
            };
            if narrower {
                self.say(path, &format!("narrowed {keyword} from {old} to {new}"));
            }
        }
    }

    fn properties(&mut self, path: &str, was: &Shape<'a>, is: &Shape<'a>) {
        let (old, new) = (was.map("properties"), is.map("properties"));
        for (name, schema) in old.into_iter().flatten() {
            let inner = format!("{path}/{name}");
            match new.and_then(|properties| properties.get(name)) {
                Some(now) => self.schemas(&inner, schema, now),
                None => self.say(&inner, "removed property"),
            }
        }
    }

    fn required(&mut self, path: &str, was: &Shape<'a>, is: &Shape<'a>) {
        let known =
            |name: &str| was.map("properties").is_some_and(|properties| properties.contains_key(name));
        let (old, new) = (was.names("required"), is.names("required"));
        for name in new.difference(&old) {
            let what = if known(name) { "is required now" } else { "new required property" };
            self.say(&format!("{path}/{name}"), what);
        }
        // A property that is gone was named already.
        let kept = |name: &str| is.map("properties").is_some_and(|properties| properties.contains_key(name));
        for name in old.difference(&new).filter(|name| kept(name)) {
            self.say(&format!("{path}/{name}"), "is no longer required");
        }
    }

    /// What stands in lists and maps.
    fn contents(&mut self, path: &str, was: &Shape<'a>, is: &Shape<'a>) {
        let inner = format!("{path}/*");
        for keyword in ["items", "propertyNames", "additionalProperties"] {
            let (old, new) = (was.keyword(keyword), is.keyword(keyword));
            // What is not said permits anything; what was not permitted at all is not in any payload.
            if (old.is_none() && new.is_none()) || old.is_some_and(|old| *old == false) {
                continue;
            }
            match new.unwrap_or(ANYTHING) {
                Value::Bool(false) => self.say(path, &format!("permits no {keyword} any more")),
                new => self.schemas(&inner, old.unwrap_or(ANYTHING), new),
            }
        }
        let (old, new) = (was.map("patternProperties"), is.map("patternProperties"));
        let patterns = |properties: Option<&'a Map<String, Value>>| -> BTreeSet<&'a String> {
            properties.into_iter().flat_map(Map::keys).collect()
        };
        if patterns(old) != patterns(new) {
            self.say(path, "changed which names patternProperties has");
            return;
        }
        for (pattern, old) in old.into_iter().flatten() {
            if let Some(new) = new.and_then(|properties| properties.get(pattern)) {
                self.schemas(&inner, old, new);
            }
        }
    }

    /// Everything else means what it meant only while it stays as it is: patterns, formats, defaults.
    fn others(&mut self, path: &str, was: &Shape<'a>, is: &Shape<'a>) {
        let names: BTreeSet<&str> = was.keywords.keys().chain(is.keywords.keys()).copied().collect();
        let known: BTreeSet<&str> =
            [&LOWER[..], &UPPER, &LOOKED_INTO, &FOR_PEOPLE].concat().into_iter().collect();
        for name in names.difference(&known) {
            let (old, new) = (was.keyword(name), is.keyword(name));
            // Without a default, what is absent is nothing.
            let nothing = |value: Option<&Value>| *name == "default" && value.is_none_or(Value::is_null);
            let is_wider = *name == "pattern" && new.is_none();
            if old != new && !is_wider && !(nothing(old) && nothing(new)) {
                let shown = |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
                self.say(path, &format!("changed {name} from {} to {}", shown(old), shown(new)));
            }
        }
    }
}

fn integer(value: &Value) -> Option<i128> {
    value.as_number().and_then(serde_json::Number::as_i128)
}
