//! The reference pages of the command line and its settings, generated from the definition of the arguments.

#![allow(clippy::unwrap_used, reason = "a test fails where its assumption is wrong")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clap::{Arg, Command, CommandFactory as _};
use holdfast::Arguments;
use holdfast_tests::reference::{assert_current, table};

#[test]
fn command_line_reference_is_current() {
    let mut page = String::new();
    for (name, command) in subcommands() {
        write!(page, "## {name}\n\n{}\n\n```text\n{}\n```\n\n", about(&command), usage(&command)).unwrap();
        let options: Vec<_> = arguments(&command).map(option_row).collect();
        if !options.is_empty() {
            writeln!(page, "{}", table(&["option", "meaning", "default", "variable"], &options)).unwrap();
        }
        if let Some(more) = command.get_after_long_help().or(command.get_after_help()) {
            write!(page, "```text\n{}\n```\n\n", more.to_string().trim()).unwrap();
        }
    }
    assert_current("docs/reference/cli.md", &page, "-p holdfast --test reference_pages");
}

#[test]
fn configuration_reference_is_current() {
    let mut settings: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
    for (name, command) in subcommands() {
        for argument in arguments(&command) {
            let Some(variable) = variable(argument) else { continue };
            let row = vec![code(&variable), code(&flag(argument)), defaults(argument), meaning(argument)];
            settings.entry(row).or_default().push(name.trim_start_matches("holdfast ").to_owned());
        }
    }
    let rows: Vec<Vec<String>> =
        settings.into_iter().map(|(row, commands)| [row, vec![commands.join(", ")]].concat()).collect();
    let header = ["variable", "option", "default", "meaning", "commands"];
    let page = format!("## Variables\n\n{}", table(&header, &rows));
    assert_current("docs/reference/configuration.md", &page, "-p holdfast --test reference_pages");
}

/// Every command that does something, such as `holdfast audit order`, with its full name.
fn subcommands() -> Vec<(String, Command)> {
    let mut program = Arguments::command();
    program.build();
    let mut found = Vec::new();
    collect("holdfast", &program, &mut found);
    assert!(!found.is_empty(), "the program has no commands");
    found
}

fn collect(name: &str, command: &Command, into: &mut Vec<(String, Command)>) {
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help") {
        let name = format!("{name} {}", sub.get_name());
        if sub.has_subcommands() {
            collect(&name, sub, into);
        } else {
            into.push((name, sub.clone()));
        }
    }
}

fn about(command: &Command) -> String {
    let text = command.get_long_about().or(command.get_about()).map(ToString::to_string);
    format!("{}.", text.unwrap_or_default().trim_end_matches('.'))
}

fn usage(command: &Command) -> String {
    command.clone().render_usage().to_string().trim_start_matches("Usage: ").to_owned()
}

fn arguments(command: &Command) -> impl Iterator<Item = &Arg> {
    let own = |argument: &&Arg| !argument.is_hide_set() && argument.get_id() != "help";
    command.get_arguments().filter(own)
}

fn option_row(argument: &Arg) -> Vec<String> {
    let variable = variable(argument).map(|name| code(&name)).unwrap_or_default();
    vec![code(&with_value(argument)), meaning(argument), defaults(argument), variable]
}

fn flag(argument: &Arg) -> String {
    argument.get_long().map_or_else(|| argument.get_id().to_string(), |long| format!("--{long}"))
}

/// The flag with the name of its value, such as `--listen ADDRESS`.
fn with_value(argument: &Arg) -> String {
    let names = argument.get_value_names().filter(|_| argument.get_action().takes_values());
    let values: Vec<&str> = names.unwrap_or_default().iter().map(clap::builder::Str::as_str).collect();
    match argument.get_long() {
        Some(long) => [format!("--{long}"), values.join(" ")].join(" ").trim().to_owned(),
        None => values.join(" "),
    }
}

fn meaning(argument: &Arg) -> String {
    let text = argument.get_long_help().or(argument.get_help()).map(ToString::to_string).unwrap_or_default();
    let choices: Vec<String> = argument
        .get_possible_values()
        .iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| code(value.get_name()))
        .collect();
    let choices = if choices.is_empty() { String::new() } else { format!(" One of {}.", choices.join(", ")) };
    format!("{}.{choices}", text.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches('.'))
}

fn defaults(argument: &Arg) -> String {
    let values = argument.get_default_values().iter().filter(|_| argument.get_action().takes_values());
    values.map(|value| code(&value.to_string_lossy())).collect::<Vec<_>>().join(", ")
}

fn variable(argument: &Arg) -> Option<String> {
    argument.get_env().map(|name| name.to_string_lossy().into_owned())
}

fn code(text: &str) -> String {
    format!("`{text}`")
}
