//! The demo's AutoCall campaigns, and the scripts, voices and media they use.

use serde_json::json;

use super::World;
use super::calendar::{DAY, Day, HOUR, Moment};

/// A campaign. Times are in seconds before now.
pub struct Campaign {
    pub id: i64,
    pub name: String,
    pub status: &'static str,
    pub leads: i64,
    /// Answer rate in the best hour.
    pub reach: f64,
    pub began: i64,
    /// First attempts of its leads are spread until then.
    pub ends: i64,
    /// Calls leads abroad, in other time zones.
    pub around_the_clock: bool,
}

/// Time since a paused campaign was paused, in seconds.
const PAUSED: i64 = 2 * DAY;

impl Campaign {
    /// The end of its dialing, as far as it is known.
    pub fn dialed_until(&self, world: &World) -> Moment {
        match self.status {
            "active" => world.until,
            "paused" => world.now.plus(-PAUSED),
            _ => world.now,
        }
    }
}

/// The script of all campaigns, one that is being written, and the voices and the file that they
/// use.
pub fn scripts(world: &mut World) {
    for (id, name, gender, tier) in [
        ("vi-VN-female-01", "Linh", "female", "A"),
        ("vi-VN-male-01", "Minh", "male", "B"),
    ] {
        world.line(
            &json!({"kind": "voice", "id": id, "name": name, "language": "vi-VN", "gender": gender, "tier": tier}),
        );
    }
    world.line(&json!({"kind": "media_file", "id": 1, "name": "Goodbye",
        "url": "https://media.example.com/goodbye.mp3", "duration_sec": 6, "file_size": 96_512}));
    world.line(&json!({"kind": "autocall_script", "id": 1, "name": "Offer with three keys",
        "template_text": "Hello {{customer_name}}, your contract ends soon.",
        "voice_id": "vi-VN-female-01", "tts_tier": "A", "dtmf_actions": [
            {"digit": "1", "label": "Talk to an agent", "action_type": "queue", "target_queue_name": "sales"},
            {"digit": "2", "label": "Not interested", "action_type": "playback_then_hangup",
             "target_audio_url": "https://media.example.com/goodbye.mp3"},
            {"digit": "3", "label": "Call me back", "action_type": "playback_then_hangup"},
            {"digit": "0", "label": "Replay", "action_type": "repeat_script"}]}));
    world.line(
        &json!({"kind": "autocall_script", "id": 2, "name": "Happy with us?", "status": "draft",
        "template_text": "Hello {{customer_name}}, how did you like your visit on {{visit_day}}?",
        "voice_id": "vi-VN-male-01"}),
    );
}

pub fn campaigns(today: Day) -> [Campaign; 7] {
    let (season, quarter) = (today.season(), today.quarter());
    let (last, next) = (Day(today.0 - 45).season(), Day(today.0 + 60).season());
    let campaign = |id, name, status, leads, reach, began, ends| Campaign {
        id,
        name,
        status,
        leads,
        reach,
        began,
        ends,
        around_the_clock: false,
    };
    [
        campaign(
            1,
            format!("Renewal {quarter}"),
            "active",
            6_500,
            0.66,
            29 * DAY,
            -6 * DAY,
        ),
        campaign(
            2,
            format!("Cross-sell {season}"),
            "active",
            3_600,
            0.55,
            20 * DAY,
            -10 * DAY,
        ),
        // Near its end: almost all of its leads are done.
        campaign(
            3,
            format!("Win-back {last}"),
            "active",
            2_400,
            0.42,
            27 * DAY,
            4 * DAY,
        ),
        Campaign {
            around_the_clock: true,
            ..campaign(
                4,
                format!("Overseas Greetings {season}"),
                "active",
                4_000,
                0.6,
                3 * HOUR,
                -9 * HOUR,
            )
        },
        campaign(
            5,
            format!("Satisfaction Survey {last}"),
            "completed",
            1_500,
            0.7,
            28 * DAY,
            16 * DAY,
        ),
        campaign(
            6,
            format!("Early Birds {next}"),
            "draft",
            1_200,
            0.6,
            -3 * DAY,
            -20 * DAY,
        ),
        // Stopped halfway: its leads wait.
        campaign(
            7,
            format!("Payment Reminder {quarter}"),
            "paused",
            900,
            0.5,
            9 * DAY,
            -5 * DAY,
        ),
    ]
}
