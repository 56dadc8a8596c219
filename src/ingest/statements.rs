//! Statements that store the rows of a kind. They are built once from the list of kinds and contain
//! only names from it.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::kind::{KINDS, Kind};

pub static STATEMENTS: LazyLock<HashMap<&'static str, Statements>> = LazyLock::new(|| {
    KINDS
        .iter()
        .map(|kind| (kind.name, Statements::of(kind)))
        .collect()
});

/// Statements to store a kind.
pub struct Statements {
    pub key_type: &'static str,
    /// Selects the stored ones among the keys in `$2`. Rows of kinds that clients can delete stay until the end of the
    /// transaction, so that what refers to them is not stored without them.
    pub find: String,
    pub stage: String,
    pub copy: String,
    /// To execute in this order.
    pub upserts: Vec<String>,
    pub clear: String,
}

impl Statements {
    fn of(kind: &'static Kind) -> Self {
        let (table, key) = (kind.table, kind.key().name);
        let staged = format!("staged_{table}");
        let columns = Columns::of(kind);
        let mut typed: Vec<String> = vec!["created_at timestamptz".into()];
        typed.extend(columns.typed());
        let mut copied = vec!["created_at"];
        copied.extend(columns.all());
        if kind.keeps_absent {
            typed.push("absent bigint".into());
            copied.push("absent");
        }
        let mut upserts = if kind.keeps_absent {
            vec![
                insert(kind, &staged, &columns),
                update(kind, &staged, &columns),
            ]
        } else {
            vec![upsert(kind, &staged, &columns)]
        };
        if kind.kept().is_some() {
            upserts.push(format!(
                "update {table} as stored set created_at = sent.created_at from {staged} as sent
                 where stored.tenant_id = $1 and stored.{key} = sent.{key} and stored.created_at <> sent.created_at"
            ));
        }
        Self {
            key_type: kind.key().kind.sql_type(),
            find: find(kind),
            stage: format!(
                "create temp table if not exists {staged} ({})",
                typed.join(", ")
            ),
            copy: format!("copy {staged} ({}) from stdin", copied.join(", ")),
            upserts,
            clear: format!("truncate {staged}"),
        }
    }
}

/// Locks are taken in the order of keys, as by everybody who locks several of these rows.
fn find(kind: &Kind) -> String {
    let (table, key) = (kind.table, kind.key().name);
    let lock = if kind.keeps_absent {
        format!(" order by {key} for key share")
    } else {
        String::new()
    };
    format!("select {key} from {table} where tenant_id = $1 and {key} = any ($2){lock}")
}

/// Columns of a kind without `created_at`.
struct Columns(Vec<Column>);

struct Column {
    name: &'static str,
    sql_type: &'static str,
    /// Bit of its field in `absent`.
    bit: i64,
    is_key: bool,
}

impl Columns {
    fn of(kind: &'static Kind) -> Self {
        let kept = kind.kept().map(|field| field.name);
        let fields = kind.fields.iter().enumerate();
        let fields = fields.filter(|(_, field)| Some(field.name) != kept);
        let columns = fields.flat_map(|(at, field)| {
            field.columns().map(move |(name, sql_type)| Column {
                name,
                sql_type,
                bit: 1 << (at % 64),
                is_key: at == 0,
            })
        });
        Self(columns.collect())
    }

    fn all(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|column| column.name)
    }

    fn typed(&self) -> impl Iterator<Item = String> {
        self.0
            .iter()
            .map(|column| format!("{} {}", column.name, column.sql_type))
    }

    /// A list of an expression for each column other than the key.
    fn list(&self, expression: impl Fn(&Column) -> String) -> String {
        let changing = self.0.iter().filter(|column| !column.is_key);
        changing.map(expression).collect::<Vec<_>>().join(", ")
    }
}

/// Inserts staged rows in key order, so that concurrent writers of the same rows wait instead of
/// deadlocking.
fn insert_sql(kind: &Kind, staged: &str, columns: &Columns, condition: &str) -> String {
    let (table, key) = (kind.table, kind.key().name);
    let columns = columns.all().collect::<Vec<_>>().join(", ");
    let (created_at, first) = if kind.kept().is_some() {
        (", created_at", ", coalesce(created_at, now())")
    } else {
        ("", "")
    };
    format!(
        "insert into {table} as stored (tenant_id, {columns}{created_at})
         select $1, {columns}{first} from {staged} {condition} order by {key}
         on conflict (tenant_id, {key})"
    )
}

/// Upserts rows that state all fields, in one statement. Unchanged and less complete rows are
/// skipped. A stored `created_at` stays.
fn upsert(kind: &Kind, staged: &str, columns: &Columns) -> String {
    let insert = insert_sql(kind, staged, columns, "");
    let set = columns.list(|column| format!("{0} = excluded.{0}", column.name));
    let stored = columns.list(|column| format!("stored.{}", column.name));
    let sent = columns.list(|column| format!("excluded.{}", column.name));
    let knows_enough = kind.finished_by.map_or_else(String::new, |field| {
        format!("and (stored.{field} is null or excluded.{field} is not null)")
    });
    format!(
        "{insert} do update set {set}
         where ({stored}) is distinct from ({sent}) {knows_enough}"
    )
}

/// Inserts new rows of a kind that keeps absent fields: those that have all required ones.
fn insert(kind: &Kind, staged: &str, columns: &Columns) -> String {
    let condition = format!("where absent & {} = 0", kind.required());
    insert_sql(kind, staged, columns, &condition) + " do nothing"
}

/// Updates the fields that lines have. Rows are locked in key order. A statement of its own after
/// the insert, because `excluded` does not tell absent fields from others; it sees rows that
/// others inserted meanwhile.
fn update(kind: &Kind, staged: &str, columns: &Columns) -> String {
    let (table, key) = (kind.table, kind.key().name);
    let value = |column: &Column| {
        let (name, bit) = (column.name, column.bit);
        format!("case sent.absent & {bit} when 0 then sent.{name} else stored.{name} end")
    };
    let set = columns.list(|column| format!("{} = {}", column.name, value(column)));
    let stored = columns.list(|column| format!("stored.{}", column.name));
    let values = columns.list(value);
    format!(
        "with sent as materialized (
             select sent.* from {staged} sent
             join {table} stored on stored.tenant_id = $1 and stored.{key} = sent.{key}
             where ({stored}) is distinct from ({values})
             order by sent.{key} for no key update of stored
         )
         update {table} as stored set {set} from sent
         where stored.tenant_id = $1 and stored.{key} = sent.{key}"
    )
}
