//! Questions of analytics.

use serde_json::{Value, json};

use super::Question;
use super::chance::{Chance, text};
use crate::analytics::ALL;
use crate::analytics::query::MAX_PAGE_SIZE;
use crate::db::Scope;
use crate::error::Result;

/// Values of a tenant that filters can name.
#[derive(sqlx::FromRow)]
pub struct Known {
    templates: Vec<String>,
}

impl Known {
    pub async fn load(scope: &mut Scope) -> Result<Self> {
        Ok(scope
            .select(include_str!("analytics.sql"))
            .fetch_one(scope.connection())
            .await?)
    }

    /// Every question over everything, and over the calls of each template.
    pub fn all(&self, chance: &Chance) -> Result<Vec<Question>> {
        let templates = std::iter::once(None).chain(self.templates.iter().map(Some));
        let bodies = templates.flat_map(|template| {
            ALL.iter()
                .map(move |question| body(question.about.name, template, json!({})))
        });
        bodies
            .map(|body| Question::of_analytics(&body, chance.to))
            .collect()
    }

    pub fn any(&self, chance: &mut Chance) -> Result<Question> {
        let name = chance.any(ALL).map_or("", |question| question.about.name);
        let template = chance.any(&self.templates).filter(|_| chance.one_in(2));
        let (from, to) = chance.window();
        let mut window = json!({});
        if !chance.one_in(5) {
            window["date_from"] = text(from).into();
        }
        if !chance.one_in(5) {
            window["date_to"] = text(to).into();
        }
        let mut body = body(name, template, window);
        body["timezone"] = chance.zone().into();
        body["granularity"] = chance.pick(&["hour", "day", "week", "month"]).into();
        Question::of_analytics(&body, chance.to)
    }
}

fn body(name: &str, template: Option<&String>, mut filters: Value) -> Value {
    if let Some(template) = template {
        filters["template_id"] = template.as_str().into();
    }
    json!({"query_type": name, "filters": filters, "page_size": MAX_PAGE_SIZE})
}
