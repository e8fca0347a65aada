//! Calls that make a problem or a refusal of a literal code, such as `Problem::bad("code", "text")`.

use std::collections::BTreeMap;

use syn::visit::{self, Visit};
use syn::{Expr, Pat};

use super::{Rows, constant, status_of_class};

/// A row for each such call.
pub(super) fn find(files: &[syn::File]) -> Rows {
    let mut calls = Calls::default();
    for file in files {
        calls.visit_file(file);
    }
    calls.rows
}

/// Finds calls that make a problem or a refusal of a literal code.
#[derive(Default)]
struct Calls {
    rows: Rows,
    /// Texts of local variables, in the order of the source.
    variables: BTreeMap<String, String>,
}

impl<'ast> Visit<'ast> for Calls {
    fn visit_local(&mut self, local: &'ast syn::Local) {
        if let (Pat::Ident(name), Some(value)) = (&local.pat, &local.init) {
            visit::visit_expr(self, &value.expr);
            let name = name.ident.to_string();
            match text_of(&value.expr) {
                Some(text) => drop(self.variables.insert(name, text)),
                None => drop(self.variables.remove(&name)),
            }
        } else {
            visit::visit_local(self, local);
        }
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.variables.clear();
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.variables.clear();
        visit::visit_impl_item_fn(self, function);
    }

    /// A name that a pattern binds hides the variable of that name.
    fn visit_pat_ident(&mut self, name: &'ast syn::PatIdent) {
        self.variables.remove(&name.ident.to_string());
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let Some((code, status, text)) = problem(call) {
            let text = match text {
                Expr::Path(variable) => {
                    let name = variable.path.get_ident().map(ToString::to_string);
                    name.and_then(|name| self.variables.get(&name).cloned())
                }
                other => text_of(other),
            };
            self.rows.insert((code, status, text.unwrap_or_default()));
        }
        visit::visit_expr_call(self, call);
    }

    /// Tests make problems of their own.
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if module.ident != "tests" {
            visit::visit_item_mod(self, module);
        }
    }
}

/// The code, the status and the text of a call such as `Problem::bad("code", "text")`.
fn problem(call: &syn::ExprCall) -> Option<(String, String, &Expr)> {
    let Expr::Path(function) = &*call.func else { return None };
    let names: Vec<String> =
        function.path.segments.iter().rev().take(2).map(|part| part.ident.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let arguments: Vec<&Expr> = call.args.iter().collect();
    let (code, status, text) = match (names.as_slice(), arguments.as_slice()) {
        (["bad", "Problem"], &[code, text]) => (code, "400".to_owned(), text),
        (["unknown", "Problem"], &[code, text]) => (code, "404".to_owned(), text),
        (["new", "Problem" | "Self"], &[status, code, text]) => (code, status_of(&constant(status)?)?, text),
        (["new", "Refused"], &[code, class, text]) => (code, status_of_class(&constant(class)?)?, text),
        _ => return None,
    };
    let Expr::Lit(_) = code else { return None };
    Some((constant(code)?, status, text))
}

/// The number of a constant such as `BAD_REQUEST`.
fn status_of(name: &str) -> Option<String> {
    let known = (400..600).filter_map(|code| reqwest::StatusCode::from_u16(code).ok());
    let spelt = |status: &reqwest::StatusCode| {
        let reason = status.canonical_reason().unwrap_or_default();
        reason.to_ascii_uppercase().replace([' ', '-'], "_") == name
    };
    known.into_iter().find(spelt).map(|status| status.as_str().to_owned())
}

/// The text of a literal or of a `format!`.
fn text_of(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Macro(call) if call.mac.path.is_ident("format") => {
            let format = call.mac.tokens.clone().into_iter().next()?;
            syn::parse_str::<syn::LitStr>(&format.to_string()).ok().map(|literal| literal.value())
        }
        Expr::Lit(_) => constant(expression),
        _ => None,
    }
}
