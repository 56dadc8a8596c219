//! `script/bench [quick|full] [PART…]`: benchmarks against floors measured in the same run.
//!
//! Each part is a module. Its figures go to the terminal and into `benches/RESULTS.md`; slowness never fails a run.

mod analytics;
mod anatomy;
mod copy;
mod crowd;
mod events;
mod exports;
mod growth;
mod guard;
mod http;
mod idle;
mod ingest;
mod leads;
mod lists;
mod mixed;
mod reports;
mod rollups;
mod screens;
mod sheet;
mod support;
mod sustained;
mod upgrade;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use support::World;
use support::data::{self, Shape, Size};
use support::results::Section;

const PARTS: &[&str] = &[
    "reports",
    "analytics",
    "anatomy",
    "http",
    "ingest",
    "sustained",
    "rollups",
    "mixed",
    "lists",
    "growth",
    "exports",
    "events",
    "leads",
    "screens",
    "sheet",
    "idle",
    "upgrade",
];
/// Parts that run only by name; `load` generates the data and measures nothing.
const FURTHER: &[&str] = &["copy", "guard", "crowd", "load"];

/// Parts that generate their own data and do not use the loaded data.
const BY_THEMSELVES: &[&str] = &["exports", "events", "leads", "screens", "sheet", "idle"];

/// Command line of the script.
struct Arguments {
    size: Size,
    parts: Vec<String>,
    /// Directory that keeps the data between runs.
    dir: PathBuf,
    /// Date and revision of the run.
    run: String,
}

impl Arguments {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut this = Self {
            size: Size::Quick,
            parts: Vec::new(),
            dir: std::env::temp_dir(),
            run: String::new(),
        };
        while let Some(word) = words.next() {
            match word.as_str() {
                "quick" => this.size = Size::Quick,
                "full" => this.size = Size::Full,
                "--dir" => this.dir = words.next().ok_or("--dir needs a directory")?.into(),
                "--run" => this.run = words.next().ok_or("--run needs a name")?,
                "--bench" => {} // cargo's
                part if PARTS.contains(&part) || FURTHER.contains(&part) => this.parts.push(word),
                _ => {
                    return Err(format!(
                        "usage: script/bench [quick|full] [part…]; parts are {}; by name only {}",
                        PARTS.join(", "),
                        FURTHER.join(", ")
                    ));
                }
            }
        }
        if this.parts.is_empty() {
            this.parts = PARTS.iter().map(ToString::to_string).collect();
        }
        Ok(this)
    }
}

fn main() -> ExitCode {
    match Arguments::read(std::env::args().skip(1)) {
        Ok(arguments) => {
            tokio::runtime::Runtime::new()
                .expect("a runtime")
                .block_on(run(&arguments));
            ExitCode::SUCCESS
        }
        Err(usage) => {
            eprintln!("{usage}");
            ExitCode::from(2)
        }
    }
}

async fn run(arguments: &Arguments) {
    let needs_data = arguments
        .parts
        .iter()
        .any(|part| !BY_THEMSELVES.contains(&part.as_str()));
    let (world, rows) = if needs_data {
        let world = World::prepare(&arguments.dir, arguments.size, Shape::Accounts).await;
        let rows = data::facts(&world.cluster).await;
        (world, rows)
    } else {
        (
            World::bare(&arguments.dir, arguments.size).await,
            "data of its own".to_owned(),
        )
    };
    let facts = format!(
        "`{}`, {}: {rows}; {}.",
        arguments.size.name(),
        arguments.run,
        world.cluster.facts().await
    );
    println!("{facts}");
    let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/RESULTS.md");
    for part in &arguments.parts {
        if let Some(section) = measure(part, &world).await {
            section.write(&results, &facts);
        }
    }
    world.cluster.stop().await;
}

async fn measure(part: &str, world: &World) -> Option<Section> {
    match part {
        "reports" => Some(reports::run(world).await),
        "analytics" => Some(analytics::run(world).await),
        "anatomy" => Some(anatomy::run(world).await),
        "growth" => Some(growth::run(world).await),
        "http" => Some(http::run(world).await),
        "mixed" => Some(mixed::run(world).await),
        "lists" => Some(lists::run_part(world).await),
        "ingest" => Some(ingest::run_part(world).await),
        "sustained" => Some(sustained::run_part(world).await),
        "rollups" => Some(rollups::run_part(world).await),
        "exports" => Some(exports::run_part(world).await),
        "events" => Some(events::run_part(world).await),
        "leads" => Some(leads::run_part(world).await),
        "screens" => Some(screens::run_part(world).await),
        "sheet" => Some(sheet::run_part(world).await),
        "idle" => Some(idle::run_part(world).await),
        "upgrade" => Some(upgrade::run_part(world).await),
        "copy" => Some(copy::run_part(world).await),
        "guard" => Some(guard::run_part(world).await),
        "crowd" => Some(crowd::run(world).await),
        _ => None,
    }
}
