//! Results on the terminal and in `benches/RESULTS.md`: one section per part, replaced when the part runs again. Figures with
//! a target are marked met or missed; a missed target does not fail the run.

use std::fs;
use std::path::Path;

const HEAD: &str = "# Benchmarks

Written by `script/bench`, a section a part. Ratios are medians of pairs measured in alternating order, with the
lowest and the highest in brackets; n is the number of runs. Targets are about the size `full`.
";

/// A target.
#[derive(Debug, Clone, Copy)]
pub enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

/// A figure with its target: `p50 ≤ 2`.
pub struct Check {
    pub what: &'static str,
    pub value: f64,
    pub bound: Bound,
}

impl Check {
    pub fn at_most(what: &'static str, value: f64, bound: f64) -> Self {
        Self {
            what,
            value,
            bound: Bound::AtMost(bound),
        }
    }

    pub fn at_least(what: &'static str, value: f64, bound: f64) -> Self {
        Self {
            what,
            value,
            bound: Bound::AtLeast(bound),
        }
    }

    fn is_met(&self) -> bool {
        match self.bound {
            Bound::AtMost(bound) => self.value <= bound,
            Bound::AtLeast(bound) => self.value >= bound,
        }
    }

    fn target(&self) -> String {
        let (sign, bound) = match self.bound {
            Bound::AtMost(bound) => ("≤", bound),
            Bound::AtLeast(bound) => ("≥", bound),
        };
        format!("{} {sign} {bound}", self.what)
            .trim_start()
            .to_owned()
    }
}

/// The results of a part: tables with titles.
pub struct Section {
    pub part: &'static str,
    text: String,
    met: usize,
    checked: usize,
    columns: usize,
    /// True if the current table has targets.
    has_targets: bool,
}

impl Section {
    pub fn new(part: &'static str, about: &str) -> Self {
        println!("\n{part}: {about}");
        Self {
            part,
            text: format!("{about}\n"),
            met: 0,
            checked: 0,
            columns: 0,
            has_targets: false,
        }
    }

    /// Starts a table; `target` and `met` are its last columns.
    pub fn table(&mut self, title: &str, columns: &[&str]) {
        self.begin(title, &[columns, &["target", "met"]].concat());
        self.has_targets = true;
    }

    /// Starts a table without targets.
    pub fn figures(&mut self, title: &str, columns: &[&str]) {
        self.begin(title, columns);
        self.has_targets = false;
    }

    fn begin(&mut self, title: &str, columns: &[&str]) {
        println!("  {title} | {}", columns.join(" | "));
        self.columns = 1 + columns.len();
        let aligned: Vec<&str> = columns.iter().map(|_| "---:").collect();
        self.line("");
        self.row_of(&[&[title], columns].concat());
        self.row_of(&[&["---"], aligned.as_slice()].concat());
    }

    /// Adds a row with its checked figures.
    pub fn row(&mut self, cells: &[String], checks: &[Check]) {
        let missed: Vec<&str> = checks
            .iter()
            .filter(|check| !check.is_met())
            .map(|check| check.what)
            .collect();
        self.checked += checks.len();
        self.met += checks.len() - missed.len();
        let met = match (checks.len(), missed.as_slice()) {
            (0, _) => String::new(),
            (_, []) => "yes".to_owned(),
            (1, _) => "**no**".to_owned(),
            (_, missed) => format!("**no: {}**", missed.join(", ")),
        };
        let targets = checks
            .iter()
            .map(Check::target)
            .collect::<Vec<_>>()
            .join(", ");
        let mut cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        if self.has_targets {
            cells.extend([targets.as_str(), met.as_str()]);
        }
        println!("  {}", cells.join(" | ").replace("**", ""));
        assert_eq!(cells.len(), self.columns, "a cell for each column");
        self.row_of(&cells);
    }

    fn row_of(&mut self, cells: &[&str]) {
        self.line(&format!("| {} |", cells.join(" | ")));
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Writes the section to the file, replacing an earlier one of the same part.
    pub fn write(&self, path: &Path, facts: &str) {
        let met = match self.checked {
            0 => String::new(),
            checked => format!(" {} of {checked} targets met.", self.met),
        };
        println!("  {}{met}", self.part);
        let (begin, end) = (
            format!("<!-- {} -->\n", self.part),
            format!("<!-- end of {} -->\n", self.part),
        );
        let section = format!(
            "{begin}\n## {}\n\n{facts}{met}\n\n{}\n{end}",
            self.part, self.text
        );
        let before = fs::read_to_string(path).unwrap_or_else(|_| HEAD.to_owned());
        let after = match (before.find(&begin), before.find(&end)) {
            (Some(from), Some(to)) => {
                format!("{}{section}{}", &before[..from], &before[to + end.len()..])
            }
            _ => format!("{before}\n{section}"),
        };
        fs::write(path, after).expect("results");
    }
}

/// Three significant digits: 1234, 12.3, 1.23, 0.123.
pub fn figure(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        large if large >= 10.0 => format!("{value:.1}"),
        small if small >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}
