//! Converts a GraphQL input value to a command.

use async_graphql::Value as GraphQlValue;
use holdfast_commands::AnyCommand;
use serde_json::{Map, Number, Value};

use super::input_types::{FieldType, INPUTS, MutationField};
use crate::error::ApiError;
use crate::json;
use crate::json::tolerance::simplify;

/// Reads a command. An error has a pointer to the invalid field, as in REST.
pub(super) fn read(mutation: &MutationField, input: GraphQlValue) -> Result<AnyCommand, ApiError> {
    let input = input.into_json().map_err(|error| ApiError::InvalidValue(error.to_string()).at(""))?;
    if !input.is_object() {
        return Err(ApiError::InvalidValue("must be an object".to_owned()).at(""));
    }
    let input = convert(&mutation.input, input);
    read_fields(mutation, &input).or_else(|_| read_fields(mutation, &simplify(input)))
}

fn read_fields(mutation: &MutationField, fields: &Value) -> Result<AnyCommand, ApiError> {
    let mut track = serde_path_to_error::Track::new();
    let fields = serde_path_to_error::Deserializer::new(fields, &mut track);
    match AnyCommand::read(mutation.command, fields) {
        Some(Ok(command)) => Ok(command),
        Some(Err(error)) => Err(json::error(&track.path(), &error)),
        // The mutation is made from a command, so the command exists.
        None => Err(ApiError::Internal),
    }
}

/// Converts a value to the JSON of the domain. A value of another type is unchanged: the command's reader rejects it.
fn convert(kind: &FieldType, value: Value) -> Value {
    match (kind, value) {
        (_, Value::Null) => Value::Null,
        (FieldType::Enum(_), Value::String(name)) if is_constant(&name) => {
            Value::String(name.to_ascii_lowercase())
        }
        (FieldType::Long, Value::String(digits)) => whole_number(digits),
        (FieldType::Id, Value::Number(number)) => Value::String(number.to_string()),
        (FieldType::List(item), Value::Array(values)) => {
            values.into_iter().map(|value| convert(item, value)).collect()
        }
        // GraphQL accepts a single item as a list.
        (FieldType::List(item), value) => Value::Array(vec![convert(item, value)]),
        (FieldType::Object(name), Value::Object(fields)) => Value::Object(convert_fields(name, fields)),
        (_, value) => value,
    }
}

/// Whether a name is a GraphQL enum value, in upper case. Other names are unchanged, so that the body of a REST request is a valid
/// input.
fn is_constant(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

fn whole_number(digits: String) -> Value {
    let number = digits.parse::<u64>().ok().filter(|_| digits.bytes().all(|digit| digit.is_ascii_digit()));
    number.map_or(Value::String(digits), |number| Value::Number(Number::from(number)))
}

fn convert_fields(object: &str, fields: Map<String, Value>) -> Map<String, Value> {
    let known = INPUTS.objects.get(object).map(|object| object.fields.as_slice()).unwrap_or_default();
    let convert = |(name, value): (String, Value)| {
        let value = match known.iter().find(|field| field.name == name) {
            Some(field) => convert(&field.kind, value),
            None => value,
        };
        (name, value)
    };
    fields.into_iter().map(convert).collect()
}
