//! Tables of VICIdial, told by the names of their columns.

use std::collections::BTreeMap;

/// Columns that a row may have.
const MAX_CELLS: usize = 5_000;

/// Values by column: what a row says, without what it leaves empty.
pub type Fields = BTreeMap<String, String>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// `vicidial_log`: one row a call out.
    Log,
    /// The call export report: rows of `vicidial_log`, with more around them.
    Export,
    /// `vicidial_agent_log`: one row for each time that an agent waited, talked and wrapped up.
    Agents,
    /// `vicidial_carrier_log`: one row a channel towards a carrier, written when it is hung up.
    Carrier,
    /// `vicidial_closer_log`: calls of groups that take calls in.
    Closers,
}

impl Table {
    fn of(names: &[String]) -> Option<Self> {
        let has = |wanted: &[&str]| wanted.iter().all(|name| names.iter().any(|it| it == name));
        if has(&["closecallid", "status"]) {
            Some(Self::Closers)
        } else if has(&["phone_number_dialed", "status"]) {
            Some(Self::Export)
        } else if has(&["agent_log_id"]) || has(&["uniqueid", "talk_sec"]) {
            Some(Self::Agents)
        } else if has(&["uniqueid", "lead_id", "status", "phone_number"]) {
            Some(Self::Log)
        } else if has(&["uniqueid", "dialstatus", "hangup_cause"]) {
            Some(Self::Carrier)
        } else {
            None
        }
    }
}

/// The first line of a file.
#[derive(Debug)]
pub struct Header {
    pub table: Table,
    delimiter: char,
    names: Vec<String>,
}

/// Tabs come first: a table is exported with tabs by VICIdial and by MySQL.
const DELIMITERS: [char; 4] = ['\t', '|', ',', ';'];

/// Names of which every header has one. Most rows have none, and are not looked at further.
const NAMES: [&str; 3] = ["uniqueid", "phone_number_dialed", "agent_log_id"];

impl Header {
    /// None for a line that is no header.
    pub fn of(line: &str) -> Option<Self> {
        let small = line.to_ascii_lowercase();
        if !NAMES.iter().any(|name| small.contains(name)) {
            return None;
        }
        DELIMITERS.into_iter().find_map(|delimiter| {
            let names: Vec<String> = cells(line, delimiter).ok()?;
            let names: Vec<String> = names
                .iter()
                .map(|name| name.trim().to_lowercase())
                .collect();
            let table = Table::of(&names)?;
            Some(Self {
                table,
                delimiter,
                names,
            })
        })
    }

    /// The values of a row by their columns. A value without a column is kept by its place; of columns with one name the first
    /// one counts.
    pub fn fields(&self, line: &str) -> Result<Fields, String> {
        let mut fields = Fields::new();
        for (at, value) in cells(line, self.delimiter)?.into_iter().enumerate() {
            let value = value.trim();
            if value.is_empty() || value == "NULL" || value == "\\N" {
                continue;
            }
            let name = match self.names.get(at).filter(|name| !name.is_empty()) {
                Some(name) => name.clone(),
                None => format!("column_{}", at + 1),
            };
            fields.entry(name).or_insert_with(|| value.to_owned());
        }
        Ok(fields)
    }
}

/// Cells of a line. Neither VICIdial nor MySQL quotes cells between tabs: a quote there is text.
fn cells(line: &str, delimiter: char) -> Result<Vec<String>, String> {
    let mut cells: Vec<String> = Vec::new();
    if matches!(delimiter, '\t' | '|') {
        let all = line.split(delimiter).take(MAX_CELLS + 1);
        cells.extend(all.map(str::to_owned));
    } else {
        if !line.matches('"').count().is_multiple_of(2) {
            return Err("A quote is not closed in its line.".to_owned());
        }
        let mut row = csv::StringRecord::new();
        let mut reader = csv::ReaderBuilder::new();
        let reader = reader.has_headers(false).delimiter(delimiter as u8);
        let read = reader.from_reader(line.as_bytes()).read_record(&mut row);
        read.map_err(|error| error.to_string())?;
        cells.extend(row.iter().take(MAX_CELLS + 1).map(str::to_owned));
    }
    if cells.len() > MAX_CELLS {
        return Err(format!("The row has more than {MAX_CELLS} columns."));
    }
    Ok(cells)
}
