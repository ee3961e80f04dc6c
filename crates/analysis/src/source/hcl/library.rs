//! Files beside a configuration that its functions may read: `file`, `templatefile`, `fileset`, `fileexists`
//! (<https://developer.hashicorp.com/terraform/language/functions/templatefile>).
//!
//! They are given as texts by name; a file is read when it is first asked for. What is in it keeps its places, so that
//! a finding stands at the template's line.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use leastwise_policy::glob;
use xxhash_rust::xxh3::xxh3_64;

use super::lower;
use super::module::joined;
use super::place::{anyway, in_file, put_in_file};
use super::syntax::Part;
use crate::source::{Node, Place, Refusal};

/// Files by name, and the names of all files by the number that places carry.
#[derive(Debug, Default)]
pub(super) struct Library<'t> {
    names: RefCell<Vec<Arc<str>>>,
    texts: BTreeMap<String, (Arc<str>, &'t str)>,
    read: RefCell<HashMap<String, Rc<Read>>>,
    refused: RefCell<BTreeSet<(Arc<str>, Place, String)>>,
    /// Where more instances are asked for than are told apart.
    cut: RefCell<BTreeSet<Place>>,
    /// The conditions that what stands at a place hangs on, and the place of the expression that says so.
    hanging: RefCell<HashMap<Place, BTreeMap<Place, BTreeSet<String>>>>,
    /// The same of what excludes something else that may stand there, by what it is.
    sides: RefCell<HashMap<(Place, u64), BTreeSet<String>>>,
}

/// A file that was asked for.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) file: u16,
    /// What it holds, when that is a JSON object.
    pub(super) tree: Option<Node>,
    template: OnceCell<Option<Vec<Part>>>,
    is_template: std::cell::Cell<bool>,
}

impl<'t> Library<'t> {
    /// Here stands a `count` or `for_each` of which not all instances are looked at.
    pub(super) fn cut_at(&self, at: Place) {
        self.cut.borrow_mut().insert(at);
    }

    /// The places of those.
    pub(super) fn cut(&self) -> Vec<Place> {
        self.cut.borrow().iter().copied().collect()
    }

    /// What stands here hangs on these conditions too, where it went through the expression at `by`.
    pub(super) fn hang_on(&self, at: Place, by: Place, conditions: &BTreeSet<String>) {
        if !conditions.is_empty() {
            let mut hanging = self.hanging.borrow_mut();
            hanging.entry(anyway(at)).or_default().entry(by).or_default().extend(conditions.iter().cloned());
        }
    }

    /// The conditions that what stands here may hang on, whatever it went through.
    pub(super) fn hangs_on(&self, at: Place) -> BTreeSet<String> {
        self.hangs_on_by(at, |_| true)
    }

    /// The conditions that what stands here hangs on when it went through expressions of which this is true.
    pub(super) fn hangs_on_by(&self, at: Place, is_by: impl Fn(&Place) -> bool) -> BTreeSet<String> {
        let hanging = self.hanging.borrow();
        let all = hanging.get(&anyway(at)).into_iter().flatten();
        all.filter(|(by, _)| is_by(by)).flat_map(|(_, conditions)| conditions.iter().cloned()).collect()
    }

    /// This hangs on these conditions, when it stands where it does now.
    pub(super) fn note_side(&self, node: &Node, conditions: &BTreeSet<String>) {
        let key = (node.at, xxh3_64(node.to_json().as_bytes()));
        self.sides.borrow_mut().entry(key).or_default().extend(conditions.iter().cloned());
    }

    /// The conditions that this hangs on where it stands.
    pub(super) fn side(&self, node: &Node) -> BTreeSet<String> {
        let sides = self.sides.borrow();
        if sides.is_empty() {
            return BTreeSet::new();
        }
        sides.get(&(node.at, xxh3_64(node.to_json().as_bytes()))).cloned().unwrap_or_default()
    }

    /// The number of a file; none when there are more than places can tell apart.
    pub(super) fn number(&self, name: &Arc<str>) -> Option<u16> {
        let mut names = self.names.borrow_mut();
        let number = u16::try_from(names.len()).ok()?;
        names.push(name.clone());
        Some(number)
    }

    /// The file with this number.
    pub(super) fn name(&self, number: usize) -> Arc<str> {
        self.names.borrow().get(number).cloned().unwrap_or_default()
    }

    /// The first file with a number of which this is true.
    pub(super) fn find(&self, is_it: impl Fn(&str) -> bool) -> Option<Arc<str>> {
        self.names.borrow().iter().find(|name| is_it(name)).cloned()
    }

    /// Gives a text to those that may ask for it.
    pub(super) fn add(&mut self, name: Arc<str>, text: &'t str) {
        self.texts.insert(joined("", &name), (name, text));
    }

    /// Whether there is such a file.
    pub(super) fn has(&self, name: &str) -> bool {
        self.texts.contains_key(name)
    }

    /// The text of a file.
    pub(super) fn text(&self, name: &str) -> Option<&'t str> {
        self.texts.get(name).map(|(_, text)| *text)
    }

    /// What a file holds.
    pub(super) fn read(&self, name: &str) -> Option<Rc<Read>> {
        if let Some(read) = self.read.borrow().get(name) {
            return Some(read.clone());
        }
        let (shown, text) = self.texts.get(name)?;
        let file = self.number(shown)?;
        let mut tree = Some(text).filter(|text| text.trim_start().starts_with('{'));
        let mut tree = tree.take().and_then(|text| Node::json(text).ok());
        if let Some(tree) = &mut tree {
            put_in_file(tree, file);
        }
        let read = Rc::new(Read { file, tree, template: OnceCell::new(), is_template: false.into() });
        self.read.borrow_mut().insert(name.to_owned(), read.clone());
        Some(read)
    }

    /// What a file holds as a template; one that cannot be read is told.
    pub(super) fn template<'r>(&self, name: &str, read: &'r Read) -> Option<&'r [Part]> {
        read.is_template.set(true);
        let parts = read.template.get_or_init(|| {
            let text = self.text(name)?;
            match lower::template_file(read.file, text) {
                Ok(parts) => Some(parts),
                Err(refusal) => {
                    self.refuse(in_file(read.file, refusal.at), refusal.reason);
                    None
                }
            }
        });
        parts.as_deref()
    }

    /// Tells that something cannot be read.
    pub(super) fn refuse(&self, at: Place, reason: impl Into<String>) {
        let file = self.name(super::place::file(at));
        self.refused.borrow_mut().insert((file, super::place::plain(at), reason.into()));
    }

    /// What could not be read.
    pub(super) fn refused(&self) -> Vec<(Arc<str>, Refusal)> {
        let refused = self.refused.borrow();
        refused.iter().map(|(file, at, reason)| (file.clone(), Refusal::new(*at, reason.clone()))).collect()
    }

    /// The files that were asked for, and whether as templates.
    pub(super) fn asked(&self) -> Vec<(Arc<str>, bool)> {
        let read = self.read.borrow();
        let asked = read
            .iter()
            .filter_map(|(name, read)| Some((self.texts.get(name)?.0.clone(), read.is_template.get())));
        asked.collect()
    }

    /// The files below a folder whose path from there fits a pattern, as `fileset` gives them; none for a pattern of
    /// files that are not looked at, or with what is not understood here.
    pub(super) fn matching(&self, folder: &str, pattern: &str) -> Option<Vec<String>> {
        const KNOWN: [&str; 6] = [".json", ".tf", ".yaml", ".yml", ".tftpl", ".tpl"];
        if !KNOWN.iter().any(|ending| pattern.ends_with(ending)) || pattern.contains(['[', '{', '\\']) {
            return None;
        }
        let wanted: Vec<&str> = pattern.split('/').collect();
        let under = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let rest = self.texts.keys().filter_map(|name| name.strip_prefix(&under));
        let fits = |rest: &&str| fits(&wanted, &rest.split('/').collect::<Vec<_>>());
        Some(rest.filter(fits).map(str::to_owned).collect())
    }
}

/// Whether the steps of a path fit those of a pattern; `**` is any number of them.
fn fits(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), _) => {
            // A path has few steps, and more than one `**` few patterns.
            (0..=path.len()).any(|skipped| fits(rest, &path[skipped..]))
        }
        (Some((step, pattern)), Some((name, path))) => glob::matches(step, name) && fits(pattern, path),
        _ => false,
    }
}
