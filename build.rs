//! Lists the files of the page for `src/http/web.rs`: what is in `web/` is in the binary.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Endings of the files that are served. Notes and scripts are not.
const SERVED: [&str; 5] = ["html", "js", "css", "svg", "txt"];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=web");
    let root = env::current_dir()?.join("web"); // of the package
    let mut files = Vec::new();
    list(&root, &mut files)?;
    files.sort();
    let mut table = String::from("&[\n");
    for file in files {
        let name = file.strip_prefix(&root).map_err(io::Error::other)?;
        let name = name.to_string_lossy().replace('\\', "/");
        let path = file.to_string_lossy();
        let _ = writeln!(table, "    ({name:?}, include_bytes!({path:?})),"); // a string takes anything
    }
    table.push_str("]\n");
    #[expect(clippy::disallowed_methods, reason = "cargo says it in no other way")]
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out).join("web.rs"), table)
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
