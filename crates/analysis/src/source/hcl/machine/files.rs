//! Functions that read files: `file`, `templatefile`, `fileexists`, `fileset`.
//!
//! Read is what was given beside the configuration; a path that leads elsewhere is a value that is not known. A template
//! sees only the names that it is given: <https://developer.hashicorp.com/terraform/language/functions/templatefile>.

use super::{FOLDER, Machine};
use crate::source::hcl::eval::{Scope, text, unknown};
use crate::source::hcl::module::joined;
use crate::source::hcl::place::in_file;
use crate::source::hcl::syntax::{Expr, Kind};
use crate::source::hcl::{lower, template};
use crate::source::{Node, Place, Value, has_hole, shown};

impl Machine<'_> {
    /// What a function that reads files comes to; none when it is no such function.
    pub(in crate::source::hcl) fn reading(
        &mut self,
        name: &str,
        arguments: &[Node],
        scope: &Scope<'_>,
        at: Place,
    ) -> Option<Node> {
        let path = || arguments.first().and_then(Node::text).filter(|path| !has_hole(path));
        let not_known = || {
            let path = arguments.first().and_then(Node::text).unwrap_or("…");
            unknown(at, format!("{name}({})", shown(&path.replace(FOLDER, ""))))
        };
        let found = match (name, arguments) {
            ("file", [_]) => path().and_then(|path| self.file(path, at)),
            ("templatefile", [_, _]) if scope.is_closed() => {
                self.modules.library.refuse(at, "a template must not call `templatefile`");
                None
            }
            ("templatefile", [_, vars]) => path().and_then(|path| self.rendered(path, Some(vars), at)),
            ("fileexists", [_]) => {
                let there = path().is_some_and(|path| self.modules.library.has(&self.resolved(path)));
                // A file that was not given may be there all the same.
                there.then(|| Node::new(at, Value::Bool(true)))
            }
            ("fileset", [_, pattern]) => path().zip(pattern.text()).and_then(|(path, pattern)| {
                let files = self.modules.library.matching(&self.resolved(path), pattern)?;
                let items = files.into_iter().map(|file| text(at, file)).collect();
                Some(Node::new(at, Value::List(items)))
            }),
            _ => return None,
        };
        Some(found.unwrap_or_else(not_known))
    }

    /// The name of the file that a path leads to: from the root module on, unless it begins with a folder of `path`.
    fn resolved(&self, path: &str) -> String {
        match path.strip_prefix(FOLDER) {
            Some(path) => joined("", path),
            None => joined(self.root_folder, path),
        }
    }

    fn file(&mut self, path: &str, at: Place) -> Option<Node> {
        let (name, modules) = (self.resolved(path), self.modules);
        let read = modules.library.read(&name)?;
        match &read.tree {
            Some(tree) => Some(template::encode(self.copied(tree))),
            None => Some(self.copied(&text(at, modules.library.text(&name)?))),
        }
    }

    fn rendered(&mut self, path: &str, vars: Option<&Node>, at: Place) -> Option<Node> {
        let (name, library) = (self.resolved(path), &self.modules.library);
        let read = library.read(&name)?;
        let parts = library.template(&name, &read)?;
        let begin = in_file(read.file, Place::START);
        let mut node = template::eval(self, parts, &given(vars), begin);
        if !matches!(node.value, Value::Map(_)) {
            // A text that is no JSON has no parts with places of their own.
            node.at = at;
        }
        Some(node)
    }

    /// What `data "template_file"` makes of its template, which mostly is what `file` reads.
    pub(super) fn old_template(
        &mut self,
        written: &Expr,
        vars: Option<&Expr>,
        scope: &Scope<'_>,
    ) -> Option<Node> {
        let vars = vars.map(|vars| self.eval(vars, scope));
        if let Kind::Call { name, arguments, .. } = &written.kind
            && let ("file", [path]) = (name.as_str(), &arguments[..])
        {
            let path = self.eval(path, scope);
            return self.rendered(path.text().filter(|path| !has_hole(path))?, vars.as_ref(), written.at);
        }
        let text = self.eval(written, scope);
        let parts = lower::template(text.text().filter(|text| !has_hole(text))?, text.at)?;
        Some(template::eval(self, &parts, &given(vars.as_ref()), text.at))
    }
}

/// The names that a template sees.
fn given(vars: Option<&Node>) -> Scope<'static> {
    let entries = vars.map(Node::entries).unwrap_or_default();
    let names = entries.iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect();
    Scope::closed(names)
}
