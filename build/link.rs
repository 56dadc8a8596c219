//! Links the modules of the page: one file for what the first view needs, and one for each module that is loaded later.
//!
//! Developers write plain ES modules, and browsers that fetched them one by one would wait for as many. Here each module
//! becomes a function in a file, run once and in order of its imports; no name is changed, so that what is debugged is what was
//! written, and a source map leads back to it. Owns the forms of `import` and `export` that `web/` uses: another one is an
//! error, with its file and line. Knows nothing of what the modules do.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Texts by their paths in `web/`.
pub type Texts = BTreeMap<String, String>;

/// The variable of linked files that holds what each module exports, by its path.
const MODULES: &str = "$modules";

/// Links everything that is reached from a module: the files to serve by their paths, source maps with them. Maps name the
/// sources under `source/`.
pub fn link(sources: &Texts, first: &str) -> Result<Texts, String> {
    let mut files = Texts::new();
    let start = order(sources, first, &BTreeSet::new())?;
    let have: BTreeSet<String> = start.iter().cloned().collect();
    put(&mut files, first, file(sources, first, first, &start)?);
    for entry in later(sources) {
        if have.contains(&entry) {
            return Err(format!("{entry}: loaded later, and with the first view"));
        }
        let modules = order(sources, &entry, &have)?;
        put(&mut files, &entry, file(sources, first, &entry, &modules)?);
    }
    Ok(files)
}

fn put(files: &mut Texts, name: &str, (text, map): (String, String)) {
    files.insert(name.to_owned(), text);
    files.insert(format!("{name}.map"), map);
}

/// Modules that some source loads when it needs them, by `later("…")`.
fn later(sources: &Texts) -> BTreeSet<String> {
    let calls = sources
        .values()
        .flat_map(|text| text.split("later(\"").skip(1));
    let names = calls.filter_map(|rest| rest.split('"').next());
    names.map(str::to_owned).collect()
}

/// A module and all that it imports, each after those that it imports; without those that are there.
fn order(sources: &Texts, entry: &str, have: &BTreeSet<String>) -> Result<Vec<String>, String> {
    fn visit(
        sources: &Texts,
        name: &str,
        have: &BTreeSet<String>,
        open: &mut Vec<String>,
        done: &mut Vec<String>,
    ) -> Result<(), String> {
        if have.contains(name) || done.iter().any(|one| one == name) {
            return Ok(());
        }
        if open.iter().any(|one| one == name) {
            return Err(format!(
                "{name}: imports itself by way of {}",
                open.join(", ")
            ));
        }
        let module = Module::read(sources, name)?;
        open.push(name.to_owned());
        for import in &module.imports {
            visit(sources, import, have, open, done)?;
        }
        open.pop();
        done.push(name.to_owned());
        Ok(())
    }
    let mut done = Vec::new();
    visit(sources, entry, have, &mut Vec::new(), &mut done)?;
    Ok(done)
}

/// A linked file and its source map.
fn file(
    sources: &Texts,
    first: &str,
    entry: &str,
    modules: &[String],
) -> Result<(String, String), String> {
    let up = "../".repeat(entry.matches('/').count());
    let mut out = Output::default();
    if entry == first {
        out.line(&format!("export const {MODULES}={{}};"), None);
    } else {
        let near = if up.is_empty() { "./" } else { &up };
        out.line(&format!("import{{{MODULES}}}from\"{near}{first}\";"), None);
    }
    for (index, name) in modules.iter().enumerate() {
        let module = Module::read(sources, name)?;
        out.line(&format!("{MODULES}[\"{name}\"]??=(()=>{{"), None);
        for (line, text) in &module.lines {
            let indent = sources[name]
                .lines()
                .nth(*line)
                .map_or(0, |text| text.len() - text.trim_start().len());
            out.line(text, Some((index, *line, indent)));
        }
        out.line(
            &format!("return{{{}}}}})();", module.exports.join(",")),
            None,
        );
    }
    if entry != first {
        out.line(&format!("export default {MODULES}[\"{entry}\"];"), None);
    }
    let short = entry.rsplit('/').next().unwrap_or(entry);
    out.line(&format!("//# sourceMappingURL={short}.map"), None);
    let names: Vec<String> = modules
        .iter()
        .map(|name| format!("\"{up}source/{name}\""))
        .collect();
    let map = format!(
        "{{\"version\":3,\"sources\":[{}],\"names\":[],\"mappings\":\"{}\"}}\n",
        names.join(","),
        out.mappings
    );
    Ok((out.text, map))
}

/// Lines of a linked file, each with the place that it comes from: source, line, column, all from 0.
#[derive(Default)]
struct Output {
    text: String,
    mappings: String,
    last: (usize, usize, usize),
}

impl Output {
    fn line(&mut self, text: &str, from: Option<(usize, usize, usize)>) {
        let _ = writeln!(self.text, "{text}"); // a string takes anything
        if let Some(from) = from {
            self.mappings.push('A'); // column 0 of the linked line
            for (now, last) in [
                (from.0, self.last.0),
                (from.1, self.last.1),
                (from.2, self.last.2),
            ] {
                self.mappings.push_str(&vlq(now, last));
            }
            self.last = from;
        }
        self.mappings.push(';');
    }
}

/// A difference as source maps have it: its sign in the lowest bit, five bits a digit, the lowest first.
fn vlq(now: usize, last: usize) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut left = (now.abs_diff(last) << 1) | usize::from(now < last);
    let mut text = String::new();
    loop {
        let digit = left & 31;
        left >>= 5;
        text.push(char::from(DIGITS[digit | if left > 0 { 32 } else { 0 }]));
        if left == 0 {
            return text;
        }
    }
}

/// A module as it stands in a function: its lines with their numbers in the source, what it imports, and what it returns.
struct Module {
    lines: Vec<(usize, String)>,
    imports: Vec<String>,
    exports: Vec<String>,
}

impl Module {
    fn read(sources: &Texts, name: &str) -> Result<Self, String> {
        let text = sources
            .get(name)
            .ok_or_else(|| format!("{name}: no such module"))?;
        if text.contains(MODULES) {
            return Err(format!("{name}: {MODULES} is a name of linked files"));
        }
        let mut module = Self {
            lines: Vec::new(),
            imports: Vec::new(),
            exports: Vec::new(),
        };
        let mut lines = text.lines().enumerate();
        let mut is_comment = false;
        while let Some((number, line)) = lines.next() {
            let fault = |about: &str| format!("web/{name}:{}: {about}: {line}", number + 1);
            let word = line.split(|c: char| !c.is_ascii_alphanumeric()).next();
            let bare = strip(name, line, &mut is_comment);
            let linked = match word {
                _ if bare.is_empty() => continue,
                Some("import") => {
                    let statement =
                        whole(line, &mut lines).ok_or_else(|| fault("an import without an end"))?;
                    module.import(name, &statement)
                }
                Some("export") if line.starts_with("export {") || line.starts_with("export{") => {
                    let statement =
                        whole(line, &mut lines).ok_or_else(|| fault("an export without an end"))?;
                    module.list(name, &statement)
                }
                Some("export") => module.declare(bare),
                _ => Some(bare.to_owned()),
            };
            let linked = linked.ok_or_else(|| fault("this form is not linked"))?;
            if !linked.is_empty() {
                module.lines.push((number, linked));
            }
        }
        Ok(module)
    }

    /// `import { a, b as c } from "…";`, `import * as a from "…";`, `import a from "…";`
    fn import(&mut self, name: &str, statement: &str) -> Option<String> {
        let (names, path) = statement.strip_prefix("import")?.split_once("from")?;
        let path = quoted(path)?;
        let from = resolved(name, path);
        let to = match names.trim() {
            braced if braced.starts_with('{') => {
                let pairs = pairs(braced)?;
                let names: Vec<String> = pairs
                    .iter()
                    .map(|(name, here)| member(name, here))
                    .collect();
                format!("{{{}}}", names.join(","))
            }
            star if star.starts_with('*') => star.strip_prefix("* as ")?.to_owned(),
            one if is_name(one) => format!("{{default:{one}}}"),
            _ => return None,
        };
        let linked = format!("const {to}={MODULES}[\"{from}\"];");
        self.imports.push(from);
        Some(linked)
    }

    /// `export { a, b as c };`, `export { a } from "…";`
    fn list(&mut self, name: &str, statement: &str) -> Option<String> {
        let names = statement.strip_prefix("export")?.trim_start();
        let (names, from) = names.split_once('}')?;
        let from = match from.trim().trim_end_matches(';').trim() {
            "" => None,
            from => Some(resolved(name, quoted(from.strip_prefix("from")?)?)),
        };
        for (here, told) in pairs(&format!("{names}}}"))? {
            self.exports.push(match &from {
                Some(from) => format!("{told}:{MODULES}[\"{from}\"].{here}"),
                None => member(&told, &here),
            });
        }
        self.imports.extend(from);
        Some(String::new())
    }

    /// `export const a = …`, `export function a(…`, `export async function a(…`, `export class a …`, `export default …`
    fn declare(&mut self, line: &str) -> Option<String> {
        let rest = line.strip_prefix("export ")?;
        if let Some(value) = rest.strip_prefix("default ") {
            self.exports.push("default:$default".to_owned());
            return Some(format!("const $default={value}"));
        }
        let kinds = ["const ", "function ", "async function ", "class "];
        let named = kinds.iter().find_map(|kind| rest.strip_prefix(kind))?;
        let end = named.find(|c: char| !is_part(c)).unwrap_or(named.len());
        let name = named.get(..end).filter(|name| is_name(name))?;
        self.exports.push(name.to_owned());
        Some(rest.to_owned())
    }
}

/// A statement that may go on over several lines, in one.
fn whole<'a>(first: &str, lines: &mut impl Iterator<Item = (usize, &'a str)>) -> Option<String> {
    let mut statement = first.trim().to_owned();
    while !statement.ends_with(';') {
        statement.push_str(lines.next()?.1.trim());
    }
    Some(statement)
}

/// Names in braces: `{ a, b as c }` as (a, a), (b, c).
fn pairs(braced: &str) -> Option<Vec<(String, String)>> {
    let inner = braced.trim().strip_prefix('{')?.strip_suffix('}')?;
    let names = inner
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    names
        .map(|name| {
            let (from, to) = name.split_once(" as ").unwrap_or((name, name));
            (is_name(from.trim()) && is_name(to.trim()))
                .then(|| (from.trim().to_owned(), to.trim().to_owned()))
        })
        .collect()
}

fn member(key: &str, value: &str) -> String {
    if key == value {
        key.to_owned()
    } else {
        format!("{key}:{value}")
    }
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$'
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_part) && !text.starts_with(|c: char| c.is_ascii_digit())
}

/// The text in quotes, if nothing but a semicolon follows.
fn quoted(text: &str) -> Option<&str> {
    text.trim()
        .strip_suffix(';')
        .unwrap_or(text.trim())
        .strip_prefix('"')?
        .strip_suffix('"')
}

/// A relative path, seen from a file.
pub fn resolved(from: &str, path: &str) -> String {
    let mut steps: Vec<&str> = from.split('/').collect();
    steps.pop();
    for step in path.split('/') {
        match step {
            "." => {}
            ".." => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    steps.join("/")
}

/// A line as it is sent: of our own sources without indentation, empty where it is a comment, which together are a third of
/// their bytes. `is_comment` is true within a comment of several lines.
fn strip<'a>(name: &str, line: &'a str, is_comment: &mut bool) -> &'a str {
    if name.starts_with("vendor/") {
        return line;
    }
    let line = line.trim();
    *is_comment |= line.starts_with("/*");
    let is_nothing = *is_comment || line.starts_with("//");
    *is_comment &= !line.ends_with("*/");
    if is_nothing { "" } else { line }
}

/// Styles in one file: those that a style sheet imports by `@import url("…") media;` lines, in its order.
pub fn styles(sources: &Texts, name: &str) -> Result<String, String> {
    let text = sources
        .get(name)
        .ok_or_else(|| format!("{name}: no such style sheet"))?;
    let (mut out, mut is_comment) = (String::new(), false);
    for line in text.lines() {
        let line = strip(name, line, &mut is_comment);
        let Some(import) = line.strip_prefix("@import ") else {
            if !line.is_empty() {
                let _ = writeln!(out, "{line}"); // a string takes anything
            }
            continue;
        };
        let parts = import
            .strip_prefix("url(\"")
            .and_then(|rest| rest.strip_suffix(';'));
        let parts = parts.and_then(|rest| rest.split_once("\")"));
        let (path, media) =
            parts.ok_or_else(|| format!("web/{name}: this form is not linked: {line}"))?;
        let inner = styles(sources, &resolved(name, path))?;
        let _ = match media.trim() {
            "" => write!(out, "{inner}"),
            media => writeln!(out, "@media {media} {{\n{inner}}}"),
        };
    }
    Ok(out)
}
