//! What commands take, read from their JSON Schemas.
//!
//! | in the schema | in GraphQL |
//! |---|---|
//! | an object with named fields, `NewLine` | an input object, `NewLineInput` |
//! | an object with free names | `JSON` |
//! | a choice, `cancel_remainder` | an enum, `CANCEL_REMAINDER`, the query side's where it has one |
//! | a whole number of 32 bits, or one that may be negative | `Int` |
//! | any other whole number | `Long` |
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

/// What brings something into a state may be given without a key: given twice it does no more than once. REST takes
/// these by PUT.
const WITHOUT_KEY: [&str; 4] =
    [RegisterLocation::NAME, SetMerchantPolicy::NAME, SetStockPolicy::NAME, RegisterMerchant::NAME];

/// Names that the query side has for choices of the domain.
const RENAMED: [(&str, &str); 1] = [("Criterion", "SourcingCriterion")];

/// What every command takes.
pub(super) static INPUTS: LazyLock<Inputs> = LazyLock::new(Inputs::of_commands);

/// A type of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    /// What needs no care: the name of a scalar.
    Scalar(&'static str),
    /// A name. A number is one, too.
    Id,
    /// A whole number, which may come as a string of digits.
    Long,
    /// One of the choices of a name.
    Choice(String),
    /// Any number of them.
    List(Box<Self>),
    /// The object of a name.
    Object(String),
}

impl Shape {
    /// GraphQL's name for it.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Scalar(name) => (*name).to_owned(),
            Self::Id => "ID".to_owned(),
            Self::Long => "Long".to_owned(),
            Self::Choice(name) | Self::Object(name) => name.clone(),
            Self::List(item) => format!("[{}!]", item.name()),
        }
    }
}

/// A field of an object.
pub(super) struct Member {
    /// Its name.
    pub(super) name: String,
    /// What it is for.
    pub(super) about: Option<String>,
    /// What it may be.
    pub(super) shape: Shape,
    /// Whether it must be given.
    pub(super) required: bool,
}

/// An object with named fields.
#[derive(Default)]
pub(super) struct Object {
    /// What it is.
    pub(super) about: Option<String>,
    /// Its fields.
    pub(super) members: Vec<Member>,
}

/// One of several names.
pub(super) struct Choice {
    /// What is chosen.
    pub(super) about: Option<String>,
    /// The names as the domain has them, and what each means.
    pub(super) names: Vec<(String, Option<String>)>,
}

/// A command as a mutation.
pub(super) struct Mutable {
    /// The command's name.
    pub(super) command: &'static str,
    /// The mutation's.
    pub(super) field: String,
    /// The object that has its fields.
    pub(super) input: Shape,
    /// Whether it must have a key.
    pub(super) needs_key: bool,
    /// Whether a field of the command says whose it is.
    pub(super) names_merchant: bool,
    /// What it does.
    pub(super) about: Option<String>,
}

/// What every command takes.
#[derive(Default)]
pub(super) struct Inputs {
    /// The commands, in the order in which they are declared.
    pub(super) commands: Vec<Mutable>,
    /// The objects by GraphQL's names.
    pub(super) objects: BTreeMap<String, Object>,
    /// The choices by GraphQL's names.
    pub(super) choices: BTreeMap<String, Choice>,
    schemas: Map<String, Value>,
}

impl Inputs {
    fn of_commands() -> Self {
        let mut generator = SchemaSettings::draft2020_12().into_generator();
        let schemas: Vec<Value> =
            COMMANDS.iter().map(|command| (command.schema)(&mut generator).to_value()).collect();
        let mut inputs = Self { schemas: generator.take_definitions(true), ..Self::default() };
        for (command, schema) in COMMANDS.iter().zip(schemas) {
            let input = inputs.shape(&schema);
            let object = inputs.objects.get(&input.name());
            let members = object.map(|object| object.members.as_slice()).unwrap_or_default();
            inputs.commands.push(Mutable {
                command: command.name,
                field: lower_camel_case(command.name),
                needs_key: !WITHOUT_KEY.contains(&command.name),
                names_merchant: members.iter().any(|member| member.name == super::MERCHANT),
                about: object.and_then(|object| object.about.clone()),
                input,
            });
        }
        inputs
    }

    /// The command of a mutation.
    pub(super) fn by_field(&self, field: &str) -> Option<&Mutable> {
        self.commands.iter().find(|command| command.field == field)
    }

    fn shape(&mut self, schema: &Value) -> Shape {
        if let Some(reference) = schema["$ref"].as_str() {
            return self.named(reference.rsplit('/').next().unwrap_or(reference));
        }
        if let Some(several) = schema["anyOf"].as_array() {
            // Something or null: whether it must be given is told beside.
            return match several.iter().find(|one| one["type"] != "null") {
                Some(one) => self.shape(one),
                None => Shape::Scalar("JSON"),
            };
        }
        match kind(schema) {
            "array" => Shape::List(Box::new(self.shape(&schema["items"]))),
            "boolean" => Shape::Scalar("Boolean"),
            "integer" => integer(schema),
            "number" => Shape::Scalar("Float"),
            "string" => text(schema),
            _ => Shape::Scalar("JSON"),
        }
    }

    fn named(&mut self, name: &str) -> Shape {
        let schema = self.schemas.get(name).cloned().unwrap_or_default();
        if let Some(names) = names(&schema) {
            let name = RENAMED.iter().find(|(domain, _)| *domain == name).map_or(name, |(_, here)| here);
            self.choices.entry(name.to_owned()).or_insert(Choice { about: about(&schema), names });
            return Shape::Choice(name.to_owned());
        }
        if schema["properties"].is_object() {
            let input = format!("{name}Input");
            if !self.objects.contains_key(&input) {
                // There before its fields are looked at: an object may contain itself.
                self.objects.insert(input.clone(), Object::default());
                let object = self.object(&schema);
                self.objects.insert(input.clone(), object);
            }
            return Shape::Object(input);
        }
        match (name, kind(&schema)) {
            ("Amount", _) => Shape::Scalar("Decimal"),
            (name, "string") if name.ends_with("Id") => Shape::Id,
            _ => self.shape(&schema),
        }
    }

    fn object(&mut self, schema: &Value) -> Object {
        let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
        let fields = schema["properties"].as_object().into_iter().flatten();
        let members = fields.map(|(name, schema)| Member {
            name: name.clone(),
            about: about(schema),
            shape: self.shape(schema),
            required: required.iter().any(|required| required == name),
        });
        Object { members: members.collect(), about: about(schema) }
    }
}

/// The type of a schema's values, beside null.
fn kind(schema: &Value) -> &str {
    let several = schema["type"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut names = schema["type"].as_str().into_iter().chain(several.iter().filter_map(Value::as_str));
    names.find(|name| *name != "null").unwrap_or_default()
}

fn integer(schema: &Value) -> Shape {
    let narrow = matches!(schema["format"].as_str(), Some("uint8" | "uint16" | "uint32"));
    let signed = schema["minimum"].as_i64().is_none_or(|minimum| minimum < 0);
    if narrow || signed { Shape::Scalar("Int") } else { Shape::Long }
}

fn text(schema: &Value) -> Shape {
    match schema["format"].as_str() {
        Some("date-time") => Shape::Scalar("DateTime"),
        Some("uuid") => Shape::Id,
        _ => Shape::Scalar("String"),
    }
}

fn about(schema: &Value) -> Option<String> {
    schema["description"].as_str().map(|text| text.replace('\n', " "))
}

/// The names of a choice, where a schema is one.
fn names(schema: &Value) -> Option<Vec<(String, Option<String>)>> {
    if let Some(names) = schema["enum"].as_array() {
        return names.iter().map(|name| Some((name.as_str()?.to_owned(), None))).collect();
    }
    let choices = schema["oneOf"].as_array()?;
    choices.iter().map(|one| Some((one["const"].as_str()?.to_owned(), about(one)))).collect()
}

/// `CreateOrder` as `createOrder`.
fn lower_camel_case(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}
