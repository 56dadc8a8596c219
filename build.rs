//! Makes the files of the page for `src/http/web.rs` of what is in `web/`: modules and styles are linked, the rest is as it is.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

#[path = "build/link.rs"]
mod link;

/// Endings of the files that are served. Notes and scripts are not.
const SERVED: [&str; 5] = ["html", "js", "css", "svg", "txt"];
/// The module and the style sheet that the document names.
const FIRST: (&str, &str) = ("app.js", "page.css");

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=web");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-env=CALLBOARD_COMMIT={}", commit());
    let root = env::current_dir()?.join("web"); // of the package
    let mut paths = Vec::new();
    list(&root, &mut paths)?;
    let mut sources = link::Texts::new();
    for path in paths {
        let name = path.strip_prefix(&root).map_err(io::Error::other)?;
        let name = name.to_string_lossy().replace('\\', "/");
        sources.insert(name, fs::read_to_string(&path)?);
    }
    #[expect(clippy::disallowed_methods, reason = "cargo says it in no other way")]
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    let mut table = String::from("&[\n");
    for (name, text) in served(sources).map_err(io::Error::other)? {
        let path = Path::new(&out).join("web").join(&name);
        fs::create_dir_all(path.parent().unwrap_or(&path))?;
        fs::write(&path, text)?;
        let path = path.to_string_lossy();
        let _ = writeln!(table, "    ({name:?}, include_bytes!({path:?})),"); // a string takes anything
    }
    table.push_str("]\n");
    fs::write(Path::new(&out).join("web.rs"), table)
}

/// The commit that is built, for metrics: what the builder says, else what the work tree says, as far as it is one.
fn commit() -> String {
    println!("cargo::rerun-if-env-changed=CALLBOARD_COMMIT");
    println!("cargo::rerun-if-changed=.git/HEAD");
    #[expect(clippy::disallowed_methods, reason = "cargo says it in no other way")]
    if let Ok(given) = env::var("CALLBOARD_COMMIT") {
        return given;
    }
    let asked = Command::new("git")
        .args(["rev-parse", "--short=12", "HEAD"])
        .output();
    let told = asked.ok().filter(|it| it.status.success());
    let told = told.and_then(|it| String::from_utf8(it.stdout).ok());
    told.map_or("unknown".to_owned(), |it| it.trim().to_owned())
}

/// The files as they are served, by their paths. Sources are there too, for those who debug: no page asks for them.
fn served(sources: link::Texts) -> Result<BTreeMap<String, String>, String> {
    let (module, sheet) = FIRST;
    let mut files = link::link(&sources, module)?;
    files.insert(sheet.to_owned(), link::styles(&sources, sheet)?);
    for (name, text) in sources {
        if name.ends_with(".js") {
            files.insert(format!("source/{name}"), text);
        } else if !name.ends_with(".css") {
            files.insert(name, text);
        }
    }
    Ok(files)
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        if path.is_dir() {
            list(&path, files)?;
        } else if ending.is_some_and(|ending| SERVED.contains(&ending)) {
            files.push(path);
        }
    }
    Ok(())
}
