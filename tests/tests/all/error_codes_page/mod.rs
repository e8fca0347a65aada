//! The page of error codes, generated from the source: the refusals of the rules, and the errors of the API.
//!
//! The source is parsed, not run: an error's text is then shown as it is written, with the names of its values.

mod api_errors;
mod calls;
mod refusals;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use holdfast_tests::reference::{assert_current, assert_file_current, table};
use syn::{Expr, Lit, Stmt};

const PAGE: &str = "docs/reference/error-codes.md";
/// The same codes for the pages that the server has about them.
const FILE: &str = "api/src/rest/error_codes.json";
const COMMAND: &str = "-p holdfast-tests --test all the_page_of_error_codes";

/// The HTTP status of each class of refusals.
const STATUS_OF_CLASS: [(&str, &str); 5] =
    [("NotFound", "404"), ("Conflict", "409"), ("Transient", "409"), ("Outdated", "412"), ("Invalid", "422")];

/// The codes of one page section, with status and text. A code with several texts has several rows.
type Rows = BTreeSet<(String, String, String)>;

#[test]
fn the_page_of_error_codes_is_current() {
    let sections = [
        ("Orders", "domain/src/order"),
        ("Cart reservations", "domain/src/cart_reservation"),
        ("Stock", "domain/src/stock"),
        ("Locations", "domain/src/network"),
        ("Policies", "domain/src/policy"),
        ("Every command", "commands/src"),
        ("Every request", "api/src"),
    ];
    let sections = sections.map(|(title, folder)| (title, rows_of(&source_files(folder))));
    for (title, rows) in &sections {
        assert!(!rows.is_empty(), "no error codes of {title} were found: has the source moved?");
    }
    let generated: String = sections.iter().map(|(title, rows)| section(title, rows)).collect();
    assert_current(PAGE, &generated, COMMAND);
    let texts: Vec<String> =
        sections.iter().flat_map(|(title, rows)| rows.iter().map(|row| json(title, row))).collect();
    assert_file_current(FILE, &format!("[\n{}\n]\n", texts.join(",\n")), COMMAND);
}

/// A section of the page.
fn section(title: &str, rows: &Rows) -> String {
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|(code, status, text)| vec![format!("`{code}`"), status.clone(), text.clone()])
        .collect();
    format!("## {title}\n\n{}\n", table(&["code", "status", "text"], &rows))
}

/// A line of the file.
fn json(title: &str, (code, status, text): &(String, String, String)) -> String {
    let status: u16 = status.parse().unwrap();
    serde_json::json!({ "section": title, "code": code, "status": status, "text": text }).to_string()
}

#[test]
fn codes_texts_and_classes_are_found_in_source() {
    let source = r#"
        enum Refused { #[error("no {0}")] A(u8), #[error("at most {}", LIMIT)] B }
        impl Refusal for Refused {
            fn kind(&self) -> (&'static str, Class) {
                match self { Self::A(_) => ("a", Class::Conflict), Self::B => { ("b", Class::Conflict) } }
            }
        }
        fn refuse() {
            let detail = format!("read {twice}");
            Refused::new("c", Class::NotFound, detail);
            match other { Other(detail) => Refused::new("e", Class::Conflict, detail) };
            Refused::new("d", Class::Invalid, "plain")
        }
        enum ApiError { #[error("no {0}")] F(u8), #[error("{1}")] At(String, Box<ApiError>) }
        impl ApiError {
            fn code_and_status(&self) -> (&str, StatusCode) {
                match self {
                    Self::F(_) => { ("f", StatusCode::METHOD_NOT_ALLOWED) }
                    Self::At(_, error) => error.code_and_status(),
                }
            }
        }
    "#;
    let file = syn::parse_file(source).unwrap();
    let found: Vec<_> = rows_of(&[file]).into_iter().collect();
    let row = |code: &str, status: &str, text: &str| (code.to_owned(), status.to_owned(), text.to_owned());
    let expected = [
        row("a", "409", "no {0}"),
        row("b", "409", "at most {}"),
        row("c", "404", "read {twice}"),
        row("d", "422", "plain"),
        row("e", "409", ""),
        row("f", "405", "no {0}"),
    ];
    assert_eq!(found, expected);
}

fn rows_of(files: &[syn::File]) -> Rows {
    let mut rows = refusals::find(files);
    rows.extend(calls::find(files));
    rows.extend(api_errors::find(files));
    // A text that is not a literal is left out where the same code has one.
    let with_text: BTreeSet<String> =
        rows.iter().filter(|(_, _, text)| !text.is_empty()).map(|(code, ..)| code.clone()).collect();
    rows.retain(|(code, _, text)| !text.is_empty() || !with_text.contains(code));
    rows
}

/// The HTTP status of a class of refusals, such as `Conflict`.
fn status_of_class(class: &str) -> Option<String> {
    STATUS_OF_CLASS.iter().find(|(known, _)| *known == class).map(|(_, status)| (*status).to_owned())
}

/// A literal, or the last part of a path such as `Class::Invalid`.
fn constant(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        Expr::Path(path) => Some(path.path.segments.last()?.ident.to_string()),
        Expr::Block(block) => match block.block.stmts.as_slice() {
            [Stmt::Expr(inner, None)] => constant(inner),
            _ => None,
        },
        _ => None,
    }
}

/// The source files of a folder, without those of tests.
fn source_files(folder: &str) -> Vec<syn::File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
    let mut paths = Vec::new();
    collect(&root, &mut paths);
    paths.sort();
    let parse = |path: &PathBuf| {
        let source = fs::read_to_string(path).unwrap();
        syn::parse_file(&source).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    paths.iter().map(parse).collect()
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            collect(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") && name != "tests.rs" {
            into.push(path);
        }
    }
}
