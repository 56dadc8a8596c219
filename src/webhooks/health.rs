//! The health of webhooks: last success and failure, failures in a row, and suspension.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::attempt::Answer;
use crate::db::Scope;
use crate::error::Result;

/// A webhook is suspended after that many failures in a row, if the first of them is that old.
const MAX_FAILURES: i32 = 50;
const MIN_FAILING: Duration = Duration::from_secs(3_600);

/// The tries of one webhook, in order.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tries {
    success_at: Option<DateTime<Utc>>,
    /// Failures since the last success, and the first of them.
    failures: i32,
    failing_since: Option<DateTime<Utc>>,
    failure_at: Option<DateTime<Utc>>,
    error: Option<String>,
    is_gone: bool,
}

impl Tries {
    /// True if they cannot be a reason to suspend the webhook.
    fn are_harmless(&self) -> bool {
        self.failures == 0 && !self.is_gone
    }

    fn add(&mut self, answer: &Answer) {
        match &answer.error {
            None => {
                self.success_at = Some(answer.at);
                (self.failures, self.failing_since) = (0, None);
            }
            Some(error) => {
                self.failures += 1;
                self.failing_since.get_or_insert(answer.at);
                (self.failure_at, self.error) = (Some(answer.at), Some(error.clone()));
                self.is_gone |= answer.is_gone();
            }
        }
    }
}

/// Records tries in the order of their answers, and suspends webhooks that fail for too long. Returns the suspended ones.
pub async fn record<'a>(
    scope: &mut Scope,
    answers: impl IntoIterator<Item = (i64, &'a Answer)>,
    now: DateTime<Utc>,
) -> Result<Vec<i64>> {
    let mut of_webhook = BTreeMap::<i64, Tries>::new();
    for (webhook, answer) in answers {
        of_webhook.entry(webhook).or_default().add(answer);
    }
    let column = |of: &dyn Fn(&Tries) -> Option<DateTime<Utc>>| -> Vec<_> {
        of_webhook.values().map(of).collect()
    };
    let record = scope
        .query(include_str!("sql/record_tries.sql"))
        .bind(of_webhook.keys().copied().collect::<Vec<_>>())
        .bind(column(&|tries| tries.success_at))
        .bind(
            of_webhook
                .values()
                .map(|tries| tries.failures)
                .collect::<Vec<_>>(),
        )
        .bind(column(&|tries| tries.failing_since))
        .bind(column(&|tries| tries.failure_at))
        .bind(
            of_webhook
                .values()
                .map(|tries| tries.error.clone())
                .collect::<Vec<_>>(),
        );
    record.execute(scope.connection()).await?;
    if of_webhook.values().all(Tries::are_harmless) {
        return Ok(Vec::new());
    }
    let gone = of_webhook.iter().filter(|(_, tries)| tries.is_gone);
    let suspend = scope
        .select::<(i64,)>(include_str!("sql/suspend.sql"))
        .bind(gone.map(|(webhook, _)| *webhook).collect::<Vec<_>>())
        .bind(now)
        .bind(MAX_FAILURES)
        .bind(MIN_FAILING.as_secs_f64());
    let suspended = suspend.fetch_all(scope.connection()).await?;
    let suspended: Vec<i64> = suspended.into_iter().map(|(webhook,)| webhook).collect();
    for webhook in &suspended {
        tracing::warn!(tenant = scope.tenant(), webhook, "webhook suspended");
    }
    Ok(suspended)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_failures_after_the_last_success_count() {
        let at = |second| DateTime::from_timestamp(second, 0).unwrap();
        let tries = |answers: &[(i64, Option<u16>)]| {
            let mut tries = Tries::default();
            for (second, status) in answers {
                tries.add(&Answer {
                    at: at(*second),
                    status: *status,
                    body: None,
                    error: (*status != Some(200)).then(|| format!("at {second}")),
                    retry_after: None,
                });
            }
            tries
        };
        let failing = tries(&[(1, None), (2, Some(200)), (3, Some(500)), (4, None)]);
        let expected = Tries {
            success_at: Some(at(2)),
            failures: 2,
            failing_since: Some(at(3)),
            failure_at: Some(at(4)),
            error: Some("at 4".into()),
            is_gone: false,
        };
        assert_eq!(failing, expected);
        let well = tries(&[(1, Some(410)), (2, Some(200))]);
        assert_eq!(
            (well.failures, well.failing_since, well.is_gone),
            (0, None, true)
        );
        assert!(!well.are_harmless(), "a 410 suspends at once");
        assert!(tries(&[(1, Some(500)), (2, Some(200))]).are_harmless());
    }
}
