//! Ends of windows at the last second of a day.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::with_calls_around_midnight;
use crate::exports;

/// Window ends and the number of those attempts before each, in Ho Chi Minh City.
const ENDS: &[(&str, i64)] = &[
    ("2026-06-10T23:59:59", 1),
    ("2026-06-10T23:59:59.25", 1),
    ("2026-06-10T23:59:59.999999+07:00", 1),
    ("2026-06-10T24:00:00", 1),
    ("2026-06-10", 1),
    ("2026-06-10T23:59:59Z", 3),
    ("2026-06-10T23:59:59.123Z", 3),
    ("2026-06-10T24:00Z", 3),
    // Times other than the day's last second apply as written.
    ("2026-06-10T16:59:59Z", 0),
    ("2026-06-11T06:59:59", 2), // the last second in UTC, the zone of stored jobs
    ("2026-06-10T23:59", 0),
];

#[tokio::test]
async fn a_window_end_at_the_last_second_includes_it() {
    let test = with_calls_around_midnight().await;
    let counted = |value: &Value| value.as_i64().expect("a number");
    for (end, expected) in ENDS {
        let zone = "timezone=Asia/Ho_Chi_Minh";
        let to = end.replace('+', "%2B");
        let kpis = format!("/api/autocall/campaigns/1/reports/kpis?from=2026-06-10&to={to}&{zone}");
        assert_eq!(
            counted(&test.data(&kpis).await["dialed"]),
            *expected,
            "{kpis}"
        );
        let dashboard =
            format!("/api/telesales/reports/dashboard?date_from=2026-06-10&date_to={to}&{zone}");
        assert_eq!(
            counted(&test.data(&dashboard).await["total_dials"]),
            *expected,
            "{dashboard}"
        );
        let asked = json!({"query_type": "call_count", "timezone": "Asia/Ho_Chi_Minh",
            "filters": {"date_from": "2026-06-10", "date_to": end}});
        assert_eq!(
            test.rows(&asked).await,
            [json!({"count": expected})],
            "{asked}"
        );
        let order =
            json!({"report_type": "full", "format": "csv", "from": "2026-06-10", "to": end});
        let files: BTreeMap<String, String> =
            exports::unzip(&exports::file(&test, &order).await.bytes)
                .into_iter()
                .collect();
        let attempts = exports::records(&files["attempts"]).len() - 1;
        assert_eq!(i64::try_from(attempts), Ok(*expected), "{order}");
        let kpis = exports::records(&files["kpis"]);
        let dialed = kpis[0]
            .iter()
            .position(|name| name == "dialed")
            .expect("a column");
        assert_eq!(kpis[1][dialed], expected.to_string(), "{order}");
    }
}
