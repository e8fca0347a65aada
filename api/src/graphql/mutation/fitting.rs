//! From a value of GraphQL to a command.

use async_graphql::Value as Given;
use holdfast_commands::AnyCommand;
use serde_json::{Map, Number, Value};

use super::inputs::{INPUTS, Mutable, Shape};
use crate::error::ApiError;
use crate::json;

/// Reads a command. What is wrong is told with a pointer, as by REST.
pub(super) fn read(mutable: &Mutable, input: Given) -> Result<AnyCommand, ApiError> {
    let input = input.into_json().map_err(|error| ApiError::InvalidValue(error.to_string()).at(""))?;
    if !input.is_object() {
        return Err(ApiError::InvalidValue("must be an object".to_owned()).at(""));
    }
    let mut track = serde_path_to_error::Track::new();
    let fields = serde_path_to_error::Deserializer::new(fitted(&mutable.input, input), &mut track);
    match AnyCommand::read(mutable.command, fields) {
        Some(Ok(command)) => Ok(command),
        Some(Err(error)) => Err(json::error(&track.path(), &error)),
        // Every mutation is made of a command.
        None => Err(ApiError::Internal),
    }
}

/// A value as the domain spells it. What does not fit stays as it is, for the domain to refuse.
fn fitted(shape: &Shape, value: Value) -> Value {
    match (shape, value) {
        (_, Value::Null) => Value::Null,
        (Shape::Choice(_), Value::String(name)) if is_constant(&name) => {
            Value::String(name.to_ascii_lowercase())
        }
        (Shape::Long, Value::String(digits)) => whole_number(digits),
        (Shape::Id, Value::Number(number)) => Value::String(number.to_string()),
        (Shape::List(item), Value::Array(values)) => {
            values.into_iter().map(|value| fitted(item, value)).collect()
        }
        // GraphQL takes one for a list of one.
        (Shape::List(item), value) => Value::Array(vec![fitted(item, value)]),
        (Shape::Object(name), Value::Object(fields)) => Value::Object(with_fields_fitted(name, fields)),
        (_, value) => value,
    }
}

/// Whether it is spelt as GraphQL spells a choice. The domain's spelling is left to the domain, so that a body for REST
/// is an input as it is.
fn is_constant(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

fn whole_number(digits: String) -> Value {
    let number = digits.parse::<u64>().ok().filter(|_| digits.bytes().all(|digit| digit.is_ascii_digit()));
    number.map_or(Value::String(digits), |number| Value::Number(Number::from(number)))
}

fn with_fields_fitted(object: &str, fields: Map<String, Value>) -> Map<String, Value> {
    let members = INPUTS.objects.get(object).map(|object| object.members.as_slice()).unwrap_or_default();
    let field = |(name, value): (String, Value)| {
        let value = match members.iter().find(|member| member.name == name) {
            Some(member) => fitted(&member.shape, value),
            None => value,
        };
        (name, value)
    };
    fields.into_iter().map(field).collect()
}
