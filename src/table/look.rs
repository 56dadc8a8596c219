//! Looks of columns: what a template says besides their order and titles.

/// The look of a column. Without one, a file chooses.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// In characters.
    pub width: Option<f64>,
    /// An Excel number format.
    pub format: Option<String>,
    /// Colors of its cells, the first that holds.
    pub fills: Vec<Fill>,
}

/// A color of cells for which all rules hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Fill {
    pub rules: Vec<Rule>,
    /// Red, green and blue.
    pub color: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub operator: Operator,
    pub operand: Operand,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    Number(f64),
    Text(String),
}

/// A comparison of a cell with an operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Less,
    AtMost,
    Equal,
    NotEqual,
    AtLeast,
    Greater,
}

impl Operator {
    const ALL: [Self; 6] = [
        Self::Less,
        Self::AtMost,
        Self::Equal,
        Self::NotEqual,
        Self::AtLeast,
        Self::Greater,
    ];
    pub const NAMES: [&'static str; 6] = ["<", "<=", "=", "!=", ">=", ">"];

    /// By its name in templates.
    pub fn named(name: &str) -> Option<Self> {
        let place = Self::NAMES.iter().position(|known| *known == name)?;
        Self::ALL.get(place).copied()
    }

    /// True if it also compares texts.
    pub const fn takes_text(self) -> bool {
        matches!(self, Self::Equal | Self::NotEqual)
    }

    /// As formulas of spreadsheets spell it.
    const fn in_formulas(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::AtLeast => ">=",
            Self::Greater => ">",
        }
    }
}

impl Fill {
    /// The formula of a spreadsheet that is true where the color is due. `cell`: the first cell, such as `B2`. A cell without a
    /// value has no color, although spreadsheets take it for 0.
    pub fn formula(&self, cell: &str) -> String {
        let mut conditions = Vec::with_capacity(self.rules.len() + 1);
        let has_number = |rule: &Rule| matches!(rule.operand, Operand::Number(_));
        conditions.push(if self.rules.iter().any(has_number) {
            format!("ISNUMBER({cell})")
        } else {
            format!("NOT(ISBLANK({cell}))")
        });
        conditions.extend(self.rules.iter().map(|rule| {
            let operator = rule.operator.in_formulas();
            match &rule.operand {
                // Without an exponent, for any number.
                Operand::Number(number) => format!("{cell}{operator}{number}"),
                Operand::Text(text) => {
                    format!("{cell}{operator}\"{}\"", text.replace('"', "\"\""))
                }
            }
        }));
        format!("AND({})", conditions.join(","))
    }
}
