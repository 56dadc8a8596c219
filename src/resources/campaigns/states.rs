//! States of a campaign: its transitions, and what may change in each.

use crate::auth::audit::Event;

/// A transition that a client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    Start,
    Pause,
    Resume,
    Stop,
}

impl Move {
    pub const ALL: [Self; 4] = [Self::Start, Self::Pause, Self::Resume, Self::Stop];

    /// States it leads from.
    fn from(self) -> &'static [&'static str] {
        match self {
            Self::Start => &["draft"],
            Self::Pause => &["active"],
            Self::Resume => &["paused"],
            Self::Stop => &["active", "paused"],
        }
    }

    /// State it leads to.
    pub fn to(self) -> &'static str {
        match self {
            Self::Start | Self::Resume => "active",
            Self::Pause => "paused",
            Self::Stop => "completed",
        }
    }

    /// The past participle, as in messages.
    pub fn done(self) -> &'static str {
        match self {
            Self::Start => "started",
            Self::Pause => "paused",
            Self::Resume => "resumed",
            Self::Stop => "stopped",
        }
    }

    pub fn event(self) -> Event {
        match self {
            Self::Start => Event::CampaignStarted,
            Self::Pause => Event::CampaignPaused,
            Self::Resume => Event::CampaignResumed,
            Self::Stop => Event::CampaignStopped,
        }
    }

    /// The violated rule, if the transition does not lead from that state.
    pub fn check(self, status: &str) -> Result<(), String> {
        if self.from().contains(&status) {
            return Ok(());
        }
        let campaign = described(status);
        Err(format!("{campaign} cannot be {}.", self.done()))
    }
}

/// `A draft campaign`, `An active campaign`.
pub fn described(status: &str) -> String {
    let article = if status == "active" { "An" } else { "A" };
    format!("{article} {status} campaign")
}

/// Members that may change while a campaign is active or paused.
const OF_RUNNING: &[&str] = &[
    "name",
    "description",
    "end_at",
    "max_concurrent",
    "max_retries",
    "retry_interval_minutes",
    "retry_only_when",
];
/// Members that may change once it is completed.
const OF_COMPLETED: &[&str] = &["name", "description"];

/// True if a member may change in that state.
pub fn may_change(status: &str, member: &str) -> bool {
    match status {
        "active" | "paused" => OF_RUNNING.contains(&member),
        "completed" => OF_COMPLETED.contains(&member),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::closed::CampaignStatus;

    #[test]
    fn a_forbidden_transition_names_both_states() {
        let mut allowed = Vec::new();
        for transition in Move::ALL {
            for status in CampaignStatus::VALUES {
                match transition.check(status) {
                    Ok(()) => allowed.push((*status, transition)),
                    Err(rule) => assert!(
                        rule.contains(status) && rule.contains(transition.done()),
                        "{rule}"
                    ),
                }
            }
        }
        let expected = [
            ("draft", Move::Start),
            ("active", Move::Pause),
            ("paused", Move::Resume),
            ("active", Move::Stop),
            ("paused", Move::Stop),
        ];
        assert_eq!(allowed, expected);
        assert_eq!(
            Move::Resume.check("active"),
            Err("An active campaign cannot be resumed.".into())
        );
    }
}
