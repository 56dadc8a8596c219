//! Imports of the sources: which file uses which, read from the syntax and not from the text.
//!
//! Groups, globs, renames, `super`, and paths inside expressions, attributes and macros are all seen. Comments, strings
//! and unit tests are not. A declaration (`mod x;`) is not a use.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// A module by its path from the root of the crate: `["http", "reports"]`.
pub type Module = Vec<String>;

/// Every file below a folder as a module, with the modules it uses. The crate's root and its binary are left out.
pub fn read(root: &Path) -> BTreeMap<Module, BTreeSet<Module>> {
    let mut texts = BTreeMap::new();
    collect(root, &mut Vec::new(), &mut texts);
    texts.remove(["lib".to_owned()].as_slice());
    texts.remove(["main".to_owned()].as_slice());
    of(&texts)
}

/// The same of sources given as text.
pub fn of(texts: &BTreeMap<Module, String>) -> BTreeMap<Module, BTreeSet<Module>> {
    let used = |module: &Module, text: &String| {
        let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{module:?}: {error}"));
        let mut paths = Paths {
            scope: module.clone(),
            found: BTreeSet::new(),
        };
        paths.visit_file(&file);
        let targets = paths.found.iter().filter_map(|path| file_of(path, texts));
        // A folder's `mod.rs` holds what its files share, and may use them.
        targets
            .filter(|target| !module.starts_with(target))
            .collect()
    };
    texts
        .iter()
        .map(|(module, text)| (module.clone(), used(module, text)))
        .collect()
}

fn collect(dir: &Path, module: &mut Module, texts: &mut BTreeMap<Module, String>) {
    for entry in fs::read_dir(dir).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        module.push(name.clone());
        if path.is_dir() {
            collect(&path, module, texts);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            if name == "mod" {
                module.pop();
            }
            texts.insert(module.clone(), fs::read_to_string(&path).expect("a file"));
            if name == "mod" {
                module.push(name);
            }
        }
        module.pop();
    }
}

/// The file that holds what a path names: that of the longest part which is a module.
fn file_of(path: &[String], texts: &BTreeMap<Module, String>) -> Option<Module> {
    (1..=path.len())
        .rev()
        .map(|length| path[..length].to_vec())
        .find(|module| texts.contains_key(module))
}

/// Paths in a file, from the root of the crate.
struct Paths {
    /// The module at hand, which may be written inside the file.
    scope: Module,
    found: BTreeSet<Module>,
}

impl Paths {
    fn add(&mut self, names: &[String]) {
        let mut at = self.scope.clone();
        let mut rest = names;
        match names.first().map(String::as_str) {
            Some("crate") => {
                at.clear();
                rest = &rest[1..];
            }
            Some("self" | "super") => {
                while let Some((first, others)) = rest.split_first() {
                    match first.as_str() {
                        "self" => {}
                        "super" => drop(at.pop()),
                        _ => break,
                    }
                    rest = others;
                }
            }
            // A child of this module, or a name from elsewhere, which is no file below it.
            _ => {
                at.extend(rest.iter().cloned());
                self.found.insert(at);
                return;
            }
        }
        at.extend(rest.iter().cloned());
        self.found.insert(at);
    }

    fn add_tree(&mut self, tree: &syn::UseTree, before: &mut Vec<String>) {
        match tree {
            syn::UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.add_tree(&path.tree, before);
                before.pop();
            }
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.add_tree(tree, before);
                }
            }
            syn::UseTree::Name(name) => self.add_name(&name.ident, before),
            syn::UseTree::Rename(rename) => self.add_name(&rename.ident, before),
            syn::UseTree::Glob(_) => self.add(before),
        }
    }

    fn add_name(&mut self, name: &syn::Ident, before: &mut Vec<String>) {
        before.push(name.to_string());
        self.add(before);
        before.pop();
    }

    /// Names with `::` between them in a macro or an attribute.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let (mut names, mut colons) = (Vec::new(), 0);
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.add_run(&mut names);
                    }
                    names.push(name.to_string());
                    colons = 0;
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.add_run(&mut names);
                    self.add_tokens(group.stream());
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => self.add_run(&mut names),
            }
        }
        self.add_run(&mut names);
    }

    fn add_run(&mut self, names: &mut Vec<String>) {
        if names.len() > 1 {
            self.add(names);
        }
        names.clear();
    }
}

impl Visit<'_> for Paths {
    fn visit_item_mod(&mut self, item: &syn::ItemMod) {
        if item.attrs.iter().any(is_for_tests) {
            return;
        }
        self.scope.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.scope.pop();
    }

    fn visit_item_use(&mut self, item: &syn::ItemUse) {
        self.add_tree(&item.tree, &mut Vec::new());
    }

    fn visit_path(&mut self, path: &syn::Path) {
        let names: Vec<String> = path
            .segments
            .iter()
            .map(|part| part.ident.to_string())
            .collect();
        if names.len() > 1 {
            self.add(&names);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, macro_call: &syn::Macro) {
        self.add_tokens(macro_call.tokens.clone());
        visit::visit_macro(self, macro_call);
    }

    fn visit_meta_list(&mut self, list: &syn::MetaList) {
        self.add_tokens(list.tokens.clone());
        visit::visit_meta_list(self, list);
    }
}

fn is_for_tests(attribute: &syn::Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute
            .parse_args::<syn::Ident>()
            .is_ok_and(|condition| condition == "test")
}

/// Groups of modules that use each other, directly or by way of others in the group.
pub fn circles(arrows: &BTreeMap<Module, BTreeSet<Module>>) -> Vec<Vec<&Module>> {
    let reached: BTreeMap<&Module, BTreeSet<&Module>> = arrows
        .keys()
        .map(|from| (from, reach(from, arrows)))
        .collect();
    let mut circles: Vec<Vec<&Module>> = Vec::new();
    for (module, others) in &reached {
        if others.contains(*module) && !circles.iter().any(|circle| circle.contains(module)) {
            let is_in = |other: &&&Module| reached[**other].contains(*module);
            circles.push(others.iter().filter(is_in).copied().collect());
        }
    }
    circles
}

fn reach<'a>(
    from: &'a Module,
    arrows: &'a BTreeMap<Module, BTreeSet<Module>>,
) -> BTreeSet<&'a Module> {
    let (mut found, mut left) = (BTreeSet::new(), vec![from]);
    while let Some(module) = left.pop() {
        for target in arrows.get(module).into_iter().flatten() {
            if found.insert(target) {
                left.push(target);
            }
        }
    }
    found
}
