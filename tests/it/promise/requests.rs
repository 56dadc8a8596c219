//! Random requests for every report and question: windows of all kinds, zones, and the filters of each.

use callboard::analytics;
use callboard::reports::{self, Definition};
use callboard::rollups::Module;
use callboard::time::NamedWindow;
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use super::rule::Parameters;
use crate::reference::ZONES;
use crate::support::world::{AGENTS, CAMPAIGNS, SOURCES, Size, TEAMS, instant};
use crate::support::{Answer, Client};

/// A request for a report or question.
#[derive(Debug)]
pub struct Request {
    /// As the catalogue names it.
    pub report: String,
    pub path: String,
    /// The body of a question.
    body: Option<Value>,
    pub parameters: Parameters,
    /// The names of the ends of its window, if it has one of its own.
    ends: Option<(&'static str, &'static str)>,
}

impl Request {
    /// Its answer, and its parameters with the ends of the window that the answer is about.
    pub async fn ask(&self, client: &Client) -> (Value, Parameters) {
        let answer: Answer = match &self.body {
            Some(body) => client.ask(body).await,
            None => client.get(&self.path).await,
        };
        let text = answer.text();
        assert_eq!(answer.status, 200, "{} {:?}: {text}", self.path, self.body);
        let mut parameters = self.parameters.clone();
        if let (Some((from, to)), Some(window)) =
            (self.ends, answer.header("callboard-window").split_once('/'))
        {
            parameters.remove("window");
            parameters.insert(from.to_owned(), vec![window.0.to_owned()]);
            parameters.insert(to.to_owned(), vec![window.1.to_owned()]);
        }
        (answer.json()["data"].take(), parameters)
    }
}

/// A source of random requests about a world.
pub struct Requests {
    random: StdRng,
    size: Size,
    now: DateTime<Utc>,
}

impl Requests {
    pub fn new(seed: u64, size: Size, now: DateTime<Utc>) -> Self {
        let random = StdRng::seed_from_u64(seed);
        Self { random, size, now }
    }

    /// One request for every report and question, and for the overview of each product.
    pub fn next(&mut self) -> Vec<Request> {
        let mut all: Vec<Request> = reports::ALL.iter().map(|it| self.report(it)).collect();
        let questions = analytics::ALL.iter();
        all.extend(questions.map(|it| self.question(it.about.name)));
        all.extend(Module::ALL.map(|module| self.overview(module)));
        all
    }

    fn overview(&mut self, module: Module) -> Request {
        let (product, zone) = (module.name(), self.pick(ZONES).to_string());
        let mut parameters = Parameters::new();
        for (name, value) in [("module", product), ("timezone", &zone)] {
            parameters.insert(name.to_owned(), vec![value.to_owned()]);
        }
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs([("module", product), ("timezone", &zone)]);
        Request {
            report: format!("/api/overview#{product}"),
            path: format!("/api/overview?{}", query.finish()),
            body: None,
            parameters,
            ends: Some(("date_from", "date_to")),
        }
    }

    fn report(&mut self, report: &Definition) -> Request {
        let is_telesales = report.path().contains("telesales");
        // A page sends what all Telesales reports are narrowed by, the abandon rate too, which ignores it.
        let takes = |name: &str| {
            is_telesales && ["team_id", "agent_ids"].contains(&name)
                || report.parameters().any(|it| it.plain() == name)
        };
        let mut parameters = Parameters::new();
        let campaign = self.random.random_range(CAMPAIGNS).to_string();
        let mut path = report.path();
        let is_of_campaign = path.contains("{id}");
        let mut set = |name: &str, values: Vec<String>| {
            if takes(name) {
                parameters.insert(name.to_owned(), values);
            }
        };
        if self.random.random_bool(0.8) {
            set("timezone", vec![self.pick(ZONES).to_string()]);
        }
        for (name, values) in [
            ("granularity", ["hour", "day", "day"]),
            ("group_by", ["hour", "day", "week"]),
            ("fill_gaps", ["true", "false", "false"]),
        ] {
            set(name, vec![self.pick(&values).to_string()]);
        }
        set("campaign_ids", vec!["1,3,2".to_owned()]);
        set(
            "window_minutes",
            vec![self.random.random_range(100..60_000).to_string()],
        );
        if self.random.random_bool(0.3) && !is_of_campaign {
            set("campaign_id", vec![campaign.clone()]);
        }
        if self.random.random_bool(0.3) {
            set(
                "team_id",
                vec![self.random.random_range(1..=TEAMS).to_string()],
            );
        }
        if self.random.random_bool(0.3) {
            let agents: Vec<String> = (1..=AGENTS)
                .filter(|_| self.random.random_bool(0.5))
                .map(|id| id.to_string())
                .collect();
            set("agent_ids", vec![agents.join(",")]);
        }
        if self.random.random_bool(0.3) {
            let sources = [(); 2].map(|()| (*self.pick(&SOURCES)).to_owned());
            let sources = match self.random.random_bool(0.5) {
                true => sources[..1].to_vec(),
                false => sources.to_vec(),
            };
            set("source", sources);
        }
        let ends = match (takes("date_from"), takes("from")) {
            (true, _) => Some(("date_from", "date_to")),
            (false, true) => Some(("from", "to")),
            (false, false) => None,
        };
        if let Some(ends) = ends {
            parameters.extend(self.window(ends, takes("date_from")));
        }
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, values) in &parameters {
            let listed = values.len() > 1;
            let name = if listed {
                format!("{name}[]")
            } else {
                name.clone()
            };
            query.extend_pairs(values.iter().map(|value| (&name, value)));
        }
        if is_of_campaign {
            path = path.replace("{id}", &campaign);
            parameters.insert("campaign_id".into(), vec![campaign]);
        }
        Request {
            report: report.path(),
            path: format!("{path}?{}", query.finish()),
            body: None,
            parameters,
            ends,
        }
    }

    fn question(&mut self, name: &str) -> Request {
        let mut filters = json!({});
        for (name, value) in [
            ("template_id", json!("tpl_xyz789")),
            ("merchant_id", json!("mer_1")),
            ("min_duration", json!(30)),
            ("max_duration", json!(150)),
            ("sentiment_min", json!(0.2)),
            ("sentiment_max", json!(0.9)),
            ("payload_filters", json!({"city": "Hanoi", "plan": 1})),
        ] {
            if self.random.random_bool(0.15) {
                filters[name] = value;
            }
        }
        if self.random.random_bool(0.8) {
            for (name, values) in self.window(("date_from", "date_to"), true) {
                if name != "window" {
                    filters[name] = values[0].clone().into();
                }
            }
        }
        let zone = *self.pick(ZONES);
        let text = |value: &Value| {
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned)
        };
        let mut parameters: Parameters = filters
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), vec![text(value)]))
            .collect();
        parameters.insert("timezone".into(), vec![zone.to_owned()]);
        let body = json!({"query_type": name, "filters": filters, "timezone": zone, "page_size": 1_000,
            "granularity": self.pick(&["hour", "day", "week", "month"])});
        Request {
            report: format!("/analytics#{name}"),
            path: "/analytics".into(),
            body: Some(body),
            parameters,
            ends: Some(("date_from", "date_to")),
        }
    }

    /// A window: none if it need not be given, a name, dates (sometimes as many as are allowed), or instants.
    fn window(&mut self, (from, to): (&str, &str), is_required: bool) -> Parameters {
        let given = |begin: String, end: String| {
            Parameters::from([(from.to_owned(), vec![begin]), (to.to_owned(), vec![end])])
        };
        let (begin, end) = (self.instant(), self.instant());
        let (begin, end) = (begin.min(end), begin.max(end));
        match self.random.random_range(0..6) {
            0 if !is_required => Parameters::new(),
            0 | 1 => {
                let name = NamedWindow::ALL[self.random.random_range(0..NamedWindow::ALL.len())];
                Parameters::from([("window".to_owned(), vec![name.name().to_owned()])])
            }
            2 => given(date(begin).to_string(), date(end).to_string()),
            3 => {
                let last = date(self.now) + Days::new(self.random.random_range(0..20));
                given((last - Days::new(90)).to_string(), last.to_string())
            }
            4 => given(
                begin.format("%Y-%m-%dT%H:00:00").to_string(),
                end.format("%Y-%m-%dT%H:15:00").to_string(),
            ),
            _ => given(instant(begin), instant(end)),
        }
    }

    /// An instant of the world, or of the days around it.
    fn instant(&mut self) -> DateTime<Utc> {
        let span = (self.size.to - self.size.from + TimeDelta::days(2)).num_microseconds();
        let at = self.random.random_range(0..span.expect("not that long"));
        self.size.from - TimeDelta::days(1) + TimeDelta::microseconds(at)
    }

    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.random.random_range(0..of.len())]
    }
}

fn date(at: DateTime<Utc>) -> NaiveDate {
    at.date_naive()
}
