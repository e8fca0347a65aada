//! Commands as the lines of a bulk request, `POST /v1/commands`.

use holdfast_commands::AnyCommand;
use serde_json::{Map, Value};

use crate::Step;

/// Encodes steps for a bulk request: one JSON object per line, with `key`, `command` and the command's fields.
pub fn bulk_lines<'s>(steps: impl IntoIterator<Item = &'s Step>) -> serde_json::Result<String> {
    let mut lines = String::new();
    for Step { key, command } in steps {
        let mut line: Map<String, Value> = fields(command)?;
        line.insert("key".to_owned(), key.as_str().into());
        line.insert("command".to_owned(), command.name().into());
        lines.push_str(&serde_json::to_string(&line)?);
        lines.push('\n');
    }
    Ok(lines)
}

/// The fields of a command that are present.
fn fields(command: &AnyCommand) -> serde_json::Result<Map<String, Value>> {
    serde_json::from_slice(&command.canonical()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OrderLife, simple};

    #[test]
    fn a_line_has_the_key_the_command_and_its_fields() {
        let order = simple::order(crate::sku(0).unwrap()).unwrap();
        let lines = bulk_lines([&OrderLife::new(7).create(order)]).unwrap();
        let line: Value = serde_json::from_str(lines.trim_end()).unwrap();
        assert_eq!(line["key"], "order/7");
        assert_eq!(line["command"], "CreateOrder");
        assert_eq!(line["lines"][0]["sku"], "SKU-00001");
        assert!(line.get("notAfter").is_none(), "absent fields are left out: {line}");
    }
}
