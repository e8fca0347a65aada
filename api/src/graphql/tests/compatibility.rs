//! Breaking changes of the schema are rejected, also when the schema file is written again.

use std::collections::BTreeMap;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, FieldDefinition, InputValueDefinition, Type, TypeDefinition, TypeKind, TypeSystemDefinition,
};
use async_graphql::{Name, Positioned};

fn types(sdl: &str) -> BTreeMap<Name, TypeDefinition> {
    let document = parse_schema(sdl).expect("a schema");
    let type_of = |definition| match definition {
        TypeSystemDefinition::Type(found) => Some((found.node.name.node.clone(), found.node)),
        _ => None,
    };
    document.definitions.into_iter().filter_map(type_of).collect()
}

/// The changes from one schema to another that break clients.
pub(super) fn broken(before: &str, now: &str) -> Vec<String> {
    let (before, now) = (types(before), types(now));
    let mut broken = Vec::new();
    for (name, before) in &before {
        match now.get(name) {
            Some(now) => type_broken(name, &before.kind, &now.kind, &mut broken),
            None => broken.push(format!("{name} is gone")),
        }
    }
    broken
}

fn type_broken(name: &Name, before: &TypeKind, now: &TypeKind, broken: &mut Vec<String>) {
    match (before, now) {
        (TypeKind::Scalar, TypeKind::Scalar) => {}
        (TypeKind::Object(before), TypeKind::Object(now)) => {
            fields_broken(name, &before.fields, &now.fields, broken);
        }
        (TypeKind::Interface(before), TypeKind::Interface(now)) => {
            fields_broken(name, &before.fields, &now.fields, broken);
        }
        (TypeKind::Union(before), TypeKind::Union(now)) => {
            let gone = before
                .members
                .iter()
                .filter(|member| !now.members.iter().any(|there| there.node == member.node));
            broken.extend(gone.map(|member| format!("{name} is never {} any more", member.node)));
        }
        (TypeKind::Enum(before), TypeKind::Enum(now)) => {
            let gone = before
                .values
                .iter()
                .filter(|value| !now.values.iter().any(|there| there.node.value == value.node.value));
            broken.extend(gone.map(|value| format!("{name}.{} is gone", value.node.value)));
        }
        (TypeKind::InputObject(before), TypeKind::InputObject(now)) => {
            inputs_broken(name.as_str(), &before.fields, &now.fields, broken);
        }
        _ => broken.push(format!("{name} is something else")),
    }
}

fn fields_broken(
    of: &Name,
    before: &[Positioned<FieldDefinition>],
    now: &[Positioned<FieldDefinition>],
    broken: &mut Vec<String>,
) {
    for Positioned { node: before, .. } in before {
        let name = format!("{of}.{}", before.name.node);
        match now.iter().find(|field| field.node.name.node == before.name.node) {
            None => broken.push(format!("{name} is gone")),
            Some(Positioned { node: now, .. }) => {
                if !is_within(&now.ty.node, &before.ty.node) {
                    broken.push(format!("{name} was {} and is {}", before.ty.node, now.ty.node));
                }
                inputs_broken(&name, &before.arguments, &now.arguments, broken);
            }
        }
    }
}

/// Arguments of a field, or fields of an input.
fn inputs_broken(
    of: &str,
    before: &[Positioned<InputValueDefinition>],
    now: &[Positioned<InputValueDefinition>],
    broken: &mut Vec<String>,
) {
    for Positioned { node: before, .. } in before {
        let name = format!("{of}({})", before.name.node);
        match now.iter().find(|input| input.node.name.node == before.name.node) {
            None => broken.push(format!("{name} is gone")),
            Some(Positioned { node: now, .. }) if !is_within(&before.ty.node, &now.ty.node) => {
                broken.push(format!("{name} was {} and is {}", before.ty.node, now.ty.node));
            }
            Some(_) => {}
        }
    }
    for Positioned { node: now, .. } in now {
        let is_new = !before.iter().any(|input| input.node.name.node == now.name.node);
        if is_new && !now.ty.node.nullable && now.default_value.is_none() {
            broken.push(format!("{of}({}) must be given", now.name.node));
        }
    }
}

/// Whether every value of one type is one of another: never null where that is not.
fn is_within(inner: &Type, outer: &Type) -> bool {
    let base = match (&inner.base, &outer.base) {
        (BaseType::Named(inner), BaseType::Named(outer)) => inner == outer,
        (BaseType::List(inner), BaseType::List(outer)) => is_within(inner, outer),
        _ => false,
    };
    base && (outer.nullable || !inner.nullable)
}

#[test]
fn breaking_changes_are_reported_and_additions_are_not() {
    let before = "enum Colour { RED BLUE }
        input Wish { colour: Colour! size: Int }
        union Thing = Cup | Tea
        type Cup { colour: Colour! size: Int tags(first: Int): [String!] }
        type Tea { name: String }";
    let added = "enum Colour { RED BLUE GREEN }
        input Wish { colour: Colour size: Int strength: Int! = 3 }
        union Thing = Cup | Tea | Pot
        type Pot { colour: Colour }
        type Cup { colour: Colour! size: Int! tags(first: Int, after: String): [String!]! lid: Boolean }
        type Tea { name: String }";
    assert_eq!(broken(before, before), Vec::<String>::new());
    assert_eq!(broken(before, added), Vec::<String>::new());
    for (what, with, change) in [
        ("RED BLUE", "RED", "Colour.BLUE is gone"),
        ("colour: Colour! size: Int }", "colour: Colour! size: Int! }", "Wish(size) was Int and is Int!"),
        ("size: Int }", "size: Int more: Int! }", "Wish(more) must be given"),
        ("input Wish { colour: Colour! ", "input Wish { ", "Wish(colour) is gone"),
        ("Cup | Tea", "Cup", "Thing is never Tea any more"),
        ("type Tea { name: String }", "", "Tea is gone"),
        ("{ name: String }", "{ title: String }", "Tea.name is gone"),
        ("type Cup { colour: Colour!", "type Cup { colour: Colour", "Cup.colour was Colour! and is Colour"),
        ("(first: Int)", "(first: Int!)", "Cup.tags(first) was Int and is Int!"),
        ("(first: Int)", "(first: Int, by: Int!)", "Cup.tags(by) must be given"),
        ("[String!]", "[String]", "Cup.tags was [String!] and is [String]"),
        ("type Tea", "input Tea", "Tea is something else"),
    ] {
        let now = before.replacen(what, with, 1);
        assert_ne!(now, before, "{what}");
        assert_eq!(broken(before, &now), [change], "{what} by {with}");
    }
}
