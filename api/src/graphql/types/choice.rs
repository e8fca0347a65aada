//! Enums of the domain as GraphQL enums, from their JSON Schemas.

use std::borrow::Cow;

use async_graphql::parser::types::Field;
use async_graphql::registry::{Deprecation, MetaEnumValue, MetaType, MetaTypeId, Registry};
use async_graphql::{
    ContextSelectionSet, InputType, InputValueError, InputValueResult, Name, OutputType, Positioned,
    ServerResult, Value, from_value, to_value,
};
use schemars::{JsonSchema, schema_for};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A value of an enum of the domain. Clients treat enums as open: values may be added.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(transparent)]
pub(in crate::graphql) struct Choice<T>(pub(in crate::graphql) T);

impl<T: JsonSchema + DeserializeOwned + Serialize + Send + Sync> InputType for Choice<T> {
    type RawValueType = T;

    fn type_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_input_type::<Self, _>(MetaTypeId::Enum, |_| {
            enum_type(&T::schema_name(), schema_for!(T).as_value())
        })
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        match value.unwrap_or_default() {
            Value::Enum(name) => from_value(Value::String(name.to_ascii_lowercase())),
            Value::String(name) => from_value(Value::String(name.to_ascii_lowercase())),
            other => return Err(InputValueError::expected_type(other)),
        }
        .map(Self)
        .map_err(InputValueError::custom)
    }

    fn to_value(&self) -> Value {
        enum_value(&self.0)
    }

    fn as_raw_value(&self) -> Option<&T> {
        Some(&self.0)
    }
}

impl<T: JsonSchema + Serialize + Send + Sync> OutputType for Choice<T> {
    fn type_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Enum, |_| {
            enum_type(&T::schema_name(), schema_for!(T).as_value())
        })
    }

    async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        Ok(enum_value(&self.0))
    }
}

fn enum_value(value: &impl Serialize) -> Value {
    match to_value(value) {
        Ok(Value::String(name)) => Value::Enum(Name::new(name.to_ascii_uppercase())),
        _ => Value::Null,
    }
}

/// A GraphQL enum with the values and descriptions of a JSON Schema. `cancel_remainder` is `CANCEL_REMAINDER` in GraphQL.
pub(in crate::graphql) fn enum_type(name: &str, schema: &serde_json::Value) -> MetaType {
    let values = schema["oneOf"].as_array().or(schema["enum"].as_array()).into_iter().flatten();
    let value = |value: &serde_json::Value| {
        let name = value.as_str().or(value["const"].as_str())?.to_ascii_uppercase();
        let value = MetaEnumValue {
            name: name.clone(),
            description: description(value),
            deprecation: Deprecation::NoDeprecated,
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            directive_invocations: Vec::new(),
        };
        Some((name, value))
    };
    MetaType::Enum {
        name: name.to_owned(),
        description: description(schema),
        enum_values: values.filter_map(value).collect(),
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        rust_typename: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}

/// The description of a JSON Schema, on one line.
pub(in crate::graphql) fn description(schema: &serde_json::Value) -> Option<String> {
    schema["description"].as_str().map(|text| text.replace('\n', " "))
}
