//! Calls that make a refusal of a literal code, such as `Refused::new("code", Class::Conflict, "text")`.

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

/// Finds calls that make a refusal of a literal code.
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
        if let Some((code, status, text)) = refusal(call) {
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

    /// Tests make refusals of their own.
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if module.ident != "tests" {
            visit::visit_item_mod(self, module);
        }
    }
}

/// The code, the status and the text of a call such as `Refused::new("code", Class::Conflict, "text")`.
fn refusal(call: &syn::ExprCall) -> Option<(String, String, &Expr)> {
    let Expr::Path(function) = &*call.func else { return None };
    let names: Vec<String> =
        function.path.segments.iter().rev().take(2).map(|part| part.ident.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let arguments: Vec<&Expr> = call.args.iter().collect();
    match (names.as_slice(), arguments.as_slice()) {
        (["new", "Refused"], &[code @ Expr::Lit(_), class, text]) => {
            Some((constant(code)?, status_of_class(&constant(class)?)?, text))
        }
        _ => None,
    }
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
