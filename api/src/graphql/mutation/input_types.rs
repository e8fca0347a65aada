//! The inputs of all commands, derived from their JSON Schemas.
//!
//! | JSON Schema | GraphQL |
//! |---|---|
//! | an object with named properties, `NewLine` | an input object, `NewLineInput` |
//! | any other object | `JSON` |
//! | an enum, `cancel_remainder` | an enum, `CANCEL_REMAINDER`; the same type as in queries |
//! | an integer of at most 32 bits, or one that may be negative | `Int` |
//! | any other integer | `Long` |
//! | an id | `ID` |
//! | a time, an amount | `DateTime`, `Decimal` |

use std::collections::BTreeMap;
use std::sync::LazyLock;

use holdfast_commands::COMMANDS;
use holdfast_domain::Command;
use holdfast_domain::network::RegisterLocation;
use holdfast_domain::policy::{RegisterMerchant, SetMerchantPolicy};
use holdfast_domain::stock::SetStockPolicy;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use crate::graphql::types::choice::description;

/// Commands that do not require an idempotency key, because a second execution has no further effect. REST uses PUT for them.
const WITHOUT_KEY: [&str; 4] =
    [RegisterLocation::NAME, SetMerchantPolicy::NAME, SetStockPolicy::NAME, RegisterMerchant::NAME];

pub(super) static INPUTS: LazyLock<Inputs> = LazyLock::new(Inputs::of_commands);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FieldType {
    /// A scalar whose values need no conversion, by name.
    Scalar(&'static str),
    /// `ID`: a string, or a number that is read as a string.
    Id,
    /// `Long`: a whole number, or a string of digits.
    Long,
    /// An enum, by name.
    Enum(String),
    List(Box<Self>),
    /// An input object, by name.
    Object(String),
}

impl FieldType {
    /// The type's name in GraphQL, without `!`.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Scalar(name) => (*name).to_owned(),
            Self::Id => "ID".to_owned(),
            Self::Long => "Long".to_owned(),
            Self::Enum(name) | Self::Object(name) => name.clone(),
            Self::List(item) => format!("[{}!]", item.name()),
        }
    }
}

pub(super) struct InputField {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) kind: FieldType,
    pub(super) required: bool,
}

#[derive(Default)]
pub(super) struct InputObject {
    pub(super) description: Option<String>,
    pub(super) fields: Vec<InputField>,
}

/// A command as a mutation.
pub(super) struct MutationField {
    /// The command's name, such as `CreateOrder`.
    pub(super) command: &'static str,
    /// The mutation's name, such as `createOrder`.
    pub(super) name: String,
    pub(super) input: FieldType,
    /// Whether the idempotency key is required.
    pub(super) needs_key: bool,
    /// Whether a field of the command names the merchant.
    pub(super) names_merchant: bool,
    pub(super) description: Option<String>,
}

#[derive(Default)]
pub(super) struct Inputs {
    /// The mutations, in the order of [`COMMANDS`].
    pub(super) mutations: Vec<MutationField>,
    /// The input objects, by GraphQL name.
    pub(super) objects: BTreeMap<String, InputObject>,
    /// The JSON Schemas of the enums, by name.
    pub(super) enums: BTreeMap<String, Value>,
    schemas: Map<String, Value>,
}

impl Inputs {
    fn of_commands() -> Self {
        let mut generator = SchemaSettings::draft2020_12().into_generator();
        let schemas: Vec<Value> =
            COMMANDS.iter().map(|command| (command.schema)(&mut generator).to_value()).collect();
        let mut inputs = Self { schemas: generator.take_definitions(true), ..Self::default() };
        for (command, schema) in COMMANDS.iter().zip(schemas) {
            let input = inputs.field_type(&schema);
            let object = inputs.objects.get(&input.name());
            let fields = object.map(|object| object.fields.as_slice()).unwrap_or_default();
            inputs.mutations.push(MutationField {
                command: command.name,
                name: lower_camel_case(command.name),
                needs_key: !WITHOUT_KEY.contains(&command.name),
                names_merchant: fields.iter().any(|field| field.name == super::MERCHANT),
                description: object.and_then(|object| object.description.clone()),
                input,
            });
        }
        inputs
    }

    pub(super) fn mutation(&self, name: &str) -> Option<&MutationField> {
        self.mutations.iter().find(|mutation| mutation.name == name)
    }

    fn field_type(&mut self, schema: &Value) -> FieldType {
        if let Some(reference) = schema["$ref"].as_str() {
            return self.named_type(reference.rsplit('/').next().unwrap_or(reference));
        }
        if let Some(alternatives) = schema["anyOf"].as_array() {
            // A type or null. `required` declares whether the field is required.
            return match alternatives.iter().find(|one| one["type"] != "null") {
                Some(one) => self.field_type(one),
                None => FieldType::Scalar("JSON"),
            };
        }
        match json_type(schema) {
            "array" => FieldType::List(Box::new(self.field_type(&schema["items"]))),
            "boolean" => FieldType::Scalar("Boolean"),
            "integer" => integer(schema),
            "number" => FieldType::Scalar("Float"),
            "string" => string(schema),
            _ => FieldType::Scalar("JSON"),
        }
    }

    fn named_type(&mut self, name: &str) -> FieldType {
        let schema = self.schemas.get(name).cloned().unwrap_or_default();
        if schema["enum"].is_array() || schema["oneOf"][0]["const"].is_string() {
            self.enums.insert(name.to_owned(), schema);
            return FieldType::Enum(name.to_owned());
        }
        if schema["properties"].is_object() {
            let input = format!("{name}Input");
            if !self.objects.contains_key(&input) {
                // Inserted before the fields are read, because an object may contain itself.
                self.objects.insert(input.clone(), InputObject::default());
                let object = self.object(&schema);
                self.objects.insert(input.clone(), object);
            }
            return FieldType::Object(input);
        }
        match (name, json_type(&schema)) {
            ("Amount", _) => FieldType::Scalar("Decimal"),
            (name, "string") if name.ends_with("Id") => FieldType::Id,
            _ => self.field_type(&schema),
        }
    }

    fn object(&mut self, schema: &Value) -> InputObject {
        let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
        let properties = schema["properties"].as_object().into_iter().flatten();
        let fields = properties.map(|(name, schema)| InputField {
            name: name.clone(),
            description: description(schema),
            kind: self.field_type(schema),
            required: required.iter().any(|required| required == name),
        });
        InputObject { fields: fields.collect(), description: description(schema) }
    }
}

/// The type of a schema's values other than null.
fn json_type(schema: &Value) -> &str {
    let several = schema["type"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut names = schema["type"].as_str().into_iter().chain(several.iter().filter_map(Value::as_str));
    names.find(|name| *name != "null").unwrap_or_default()
}

fn integer(schema: &Value) -> FieldType {
    let narrow = matches!(schema["format"].as_str(), Some("uint8" | "uint16" | "uint32"));
    let signed = schema["minimum"].as_i64().is_none_or(|minimum| minimum < 0);
    if narrow || signed { FieldType::Scalar("Int") } else { FieldType::Long }
}

fn string(schema: &Value) -> FieldType {
    match schema["format"].as_str() {
        Some("date-time") => FieldType::Scalar("DateTime"),
        Some("uuid") => FieldType::Id,
        _ => FieldType::Scalar("String"),
    }
}

/// `CreateOrder` as `createOrder`.
fn lower_camel_case(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}
