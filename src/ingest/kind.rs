//! The kinds of lines and their fields: type, presence, default and meaning, each defined once.
//! Validation, staging, upserts and documentation derive from this list.

use super::field::Type::{
    Actions, Code, Color, End, Enum, Flag, Fraction, Id, Integer, IntegerOrText, Key, Keys, Moment,
    Object, Percent, Phone, Reference, Size, Started, Steps, Text, Token,
};
use super::field::{Field, Presence, Type};
use crate::closed::{
    AttemptResult, CallResult, CallerIdType, CampaignStatus, Carrier, DispositionCategory,
    LeadStatus, PoolStatus, RetryCondition, Transfer, VoiceStatus, VoiceTier,
};
use crate::text::NAME_LEN;

/// A kind of row that a line can hold.
#[derive(Debug)]
pub struct Kind {
    pub name: &'static str,
    pub table: &'static str,
    pub about: &'static str,
    /// Field that finished rows have. A line without it never replaces a row that has it, whatever
    /// the order of arrival: less complete data does not replace more complete data.
    pub finished_by: Option<&'static str>,
    /// True for the resources that clients change and delete too: fields that a line for an existing
    /// row lacks keep their values, and null resets them to their defaults. Lines of other kinds
    /// state the whole row.
    pub keeps_absent: bool,
    /// Fields of the kind; the first one is the key, unique within the tenant.
    pub fields: &'static [Field],
}

/// Defines [`KINDS`]: `"kind" in "table" [, finished by "field"] [, keeps absent]
/// { presence field: Type [, default]; … }`, with doc comments as meanings.
macro_rules! kinds {
    ($(
        $(#[doc = $about:literal])+
        $name:literal in $table:literal $(, finished by $finished_by:literal)? $(, keeps $absent:ident)? {
            $( $(#[doc = $meaning:literal])+ $presence:ident $field:ident: $kind:expr $(, $default:literal)?; )+
        }
    )+) => {
        /// All kinds; a kind follows those it refers to.
        pub static KINDS: &[Kind] = &[$( Kind {
            name: $name,
            table: $table,
            about: concat!($($about),+),
            finished_by: kinds!(@option $($finished_by)?),
            keeps_absent: kinds!(@flag $($absent)?),
            fields: &[$( Field::$presence(stringify!($field), $kind, concat!($($meaning),+) $(, $default)?) ),+],
        } ),+];
        /// Names of all kinds, in the same order.
        pub const NAMES: &[&str] = &[$( $name ),+];
    };
    (@option) => { None };
    (@option $value:literal) => { Some($value) };
    (@flag) => { false };
    (@flag absent) => { true };
}

kinds! {
    /// A team of agents.
    "team" in "teams" {
        /// Id of the team in the source system.
        required id: Id;
        /// Name of the team.
        required name: NAME;
    }

    /// A person who talks to customers.
    "agent" in "agents" {
        /// Id of the agent in the source system.
        required id: Id;
        /// Name shown in reports.
        required name: NAME;
        /// Login name of the agent at the dialer. Not a Callboard login.
        required username: NAME;
        /// Team the agent belongs to now. Reports by team count all of its agents' calls, past ones too.
        optional team_id: Reference("team");
    }

    /// A disposition that agents can give a Telesales call.
    "disposition" in "dispositions" {
        /// Code that calls refer to.
        required code: Key { max: NAME_LEN };
        /// Name shown in reports.
        required label: NAME;
        /// Category of the contact.
        required category: Enum(DispositionCategory::VALUES);
        /// Color in charts, as `#RRGGBB`.
        required color: Color;
        /// True if calls with this disposition are conversions. A change also applies to past calls.
        or is_conversion: Flag, "false";
    }

    /// A number that Telesales calls are made from.
    "caller_id" in "caller_ids" {
        /// The number, as calls name it in their `cid`.
        required cid: Key { max: NAME_LEN };
        /// Name shown in reports.
        optional display_name: NAME;
        /// Network the number belongs to.
        required carrier: Enum(Carrier::VALUES);
        /// Kind of number that the called party sees.
        required cli_type: Enum(CallerIdType::VALUES);
        /// State in the dialer's pool.
        or pool_status: Enum(PoolStatus::VALUES), "active";
        /// End of the current cooldown.
        optional cooldown_until: Moment;
        /// Intended number of calls per day.
        or daily_cap: Integer { min: 1, max: i32::MAX }, "200";
    }

    /// A voice that reads scripts aloud.
    "voice" in "voices" {
        /// Id of the voice in the source system, such as `vi-VN-female-01`.
        required id: Key { max: NAME_LEN };
        /// Name of the voice.
        required name: NAME;
        /// Language it speaks, such as `vi-VN`; free text.
        optional language: NAME;
        /// Gender it sounds like; free text.
        optional gender: NAME;
        /// Quality of the voice: A is the better one.
        or tier: Enum(VoiceTier::VALUES), "B";
        /// State of the voice. Scripts take active ones.
        or status: Enum(VoiceStatus::VALUES), "active";
    }

    /// An audio file that scripts can play.
    "media_file" in "media_files" {
        /// Id of the file in the source system.
        required id: Id;
        /// Name of the file.
        required name: NAME;
        /// Address of the file.
        required url: Text { max: 2_048 };
        /// Length in seconds.
        optional duration_sec: COUNT;
        /// Size in bytes.
        optional file_size: Size;
        /// Creation of the file.
        kept created_at: Moment;
    }

    /// A script that AutoCall plays to leads, with the action of each key.
    "autocall_script" in "autocall_scripts", keeps absent {
        /// Id of the script in the source system.
        required id: Id;
        /// Name of the script.
        required name: NAME;
        /// Text of the script.
        optional template_text: Text { max: 20_000 };
        /// Template id as Analytics knows it; `tpl_<id>` where absent.
        optional template_id: NAME;
        /// Voice that reads the script.
        optional voice_id: Code("voice");
        /// Quality of the voice that reads the script.
        or tts_tier: Enum(VoiceTier::VALUES), "B";
        /// Maximum number of times the script is played in one attempt.
        or max_repeat_per_attempt: Integer { min: 1, max: 5 }, "1";
        /// Status in the source system.
        or status: NAME, "active";
        /// Meaning of each key. In the funnel, an answered attempt counts as a choice only where its deciding key
        /// stands here; in a script without actions every key does.
        or dtmf_actions: Actions, "[]";
    }

    /// An AutoCall campaign: a script played to its leads.
    "autocall_campaign" in "autocall_campaigns", keeps absent {
        /// Id of the campaign in the source system.
        required id: Id;
        /// Name shown in reports and files.
        required name: NAME;
        /// Description of the campaign.
        optional description: Text { max: 2_000 };
        /// Script of the campaign.
        optional script_id: Reference("autocall_script");
        /// Group of caller IDs in the dialer.
        optional caller_id_group_id: IntegerOrText { max: 64 };
        /// Maximum number of retries for a lead.
        or max_retries: Integer { min: 0, max: 10 }, "3";
        /// Minutes between an attempt and its retry.
        or retry_interval_minutes: Integer { min: 1, max: 43_200 }, "60";
        /// Result of attempts that are retried.
        or retry_only_when: Enum(RetryCondition::VALUES), "no_answer";
        /// Maximum number of attempts in progress.
        or max_concurrent: Integer { min: 1, max: 200 }, "10";
        /// Seconds after which an unanswered attempt ends.
        or originate_timeout: Integer { min: 10, max: 180 }, "40";
        /// True if the dialer writes attempts to its main call records too.
        or write_to_main_cdr: Flag, "false";
        /// Planned start, for the dialer.
        optional start_at: Moment;
        /// Planned end, for the dialer. A date is the end of that day.
        optional end_at: End;
        /// State of the campaign.
        or status: Enum(CampaignStatus::VALUES), "active";
        /// Start of the campaign, where reports begin by default. Set to now where null when the status becomes
        /// `active`.
        optional started_at: Moment;
        /// Completion of the campaign. Set to now where null when the status becomes `completed`.
        optional completed_at: Moment;
        /// Creation of the campaign.
        kept created_at: Moment;
    }

    /// A person an AutoCall campaign tries to reach.
    "autocall_lead" in "autocall_leads", keeps absent {
        /// Id of the lead in the source system.
        required id: Id;
        /// Campaign the lead belongs to.
        required campaign_id: Reference("autocall_campaign");
        /// Phone number; need not be unique.
        required phone: Phone;
        /// Reference of your own; in exports of attempts.
        optional external_ref: NAME;
        /// Data of the lead; Analytics filters by its top-level members.
        or payload: Object, "{}";
        /// State of the lead. Analytics takes pending, in_progress and retry as open, the others as finished.
        or status: Enum(LeadStatus::VALUES), "pending";
        /// Creation of the lead. Funnels count a lead from then on.
        kept created_at: Moment;
    }

    /// One attempt of AutoCall to reach a lead. Send it when it starts and again when it ends.
    "autocall_attempt" in "autocall_attempts", finished by "result" {
        /// Id of the attempt, compared character for character.
        required uuid: UUID;
        /// Campaign the attempt was made for.
        required campaign_id: Reference("autocall_campaign");
        /// Lead that was dialed.
        required lead_id: Reference("autocall_lead");
        /// Number of the attempt for this lead, from 1.
        required attempt_number: Integer { min: 1, max: i32::MAX };
        /// Instant of dialing. The attempt counts in the window, day and hour that this lies in.
        required started_at: Started;
        /// Instant of the answer.
        optional answered_at: Moment;
        /// Instant of hanging up.
        optional ended_at: Moment;
        /// Outcome of dialing; absent while the attempt is in progress. Rejected calls are `failed`. Only `answered`
        /// counts as an answer here; `abandoned` has a count of its own. A line without a result leaves a stored
        /// attempt that has one as it is.
        optional result: Enum(AttemptResult::VALUES);
        /// Hangup cause as the switch names it.
        optional hangup_cause: NAME;
        /// Seconds from answer to hangup. Averages and totals take answered attempts only.
        or billsec: COUNT, "0";
        /// Keys in the order they were pressed. The last one is the deciding key: replays (`0`) before a choice do
        /// not hide the choice. Empty: no input.
        or dtmf: Keys { max: 64 }, "";
        /// Steps through the script, in order.
        or script_path: Steps { most: 64, max: NAME_LEN }, "{}";
        /// Hand-over to an agent queue: `queued` and `connected` count as handed over, `connected` as a success,
        /// `failed` as neither. Absent: no hand-over.
        optional transfer: Enum(Transfer::VALUES);
        /// Agent who took the call.
        optional agent_id: Reference("agent");
        /// Disposition by the agent; free text. In the funnel, any value counts as a disposition.
        optional agent_disposition: NAME;
        /// Number the lead saw; free text.
        optional caller_id: NAME;
        /// Carrier the attempt went through; free text.
        optional provider: NAME;
        /// Outcome as Analytics shows it; free text. Absent: the result is shown.
        optional outcome: NAME;
        /// Sentiment of the call, from 0 (worst) to 1 (best), kept to six decimals.
        optional sentiment: Fraction;
    }

    /// A Telesales campaign.
    "telesales_campaign" in "telesales_campaigns" {
        /// Id of the campaign in the source system.
        required id: Id;
        /// Name shown in reports.
        required name: NAME;
        /// State of the campaign. The abandon rate of active ones is checked each minute.
        or status: Enum(CampaignStatus::VALUES), "active";
        /// Limit of the abandon rate, in percent of dials, kept to six decimals. Above it is a breach.
        or abandon_rate_limit_pct: Percent, "3";
        /// Creation of the campaign.
        kept created_at: Moment;
    }

    /// A person a Telesales campaign tries to reach.
    "telesales_lead" in "telesales_leads" {
        /// Id of the lead in the source system.
        required id: Id;
        /// Campaign the lead belongs to.
        required campaign_id: Reference("telesales_campaign");
        /// Phone number; need not be unique.
        required phone: Phone;
        /// Source of the lead; free text. Absent: reports show `(unknown)`.
        optional source: NAME;
        /// Name of the person.
        optional full_name: NAME;
        /// Data of the lead, kept and not reported.
        or payload: Object, "{}";
        /// Creation of the lead. Reports of leads and their sources go by it.
        kept created_at: Moment;
    }

    /// One Telesales call. Send it when it starts and again when it ends.
    "telesales_call" in "telesales_calls", finished by "result" {
        /// Id of the call, compared character for character.
        required uuid: UUID;
        /// Campaign the call was made for.
        required campaign_id: Reference("telesales_campaign");
        /// Lead that was dialed.
        required lead_id: Reference("telesales_lead");
        /// Agent who made the call.
        optional agent_id: Reference("agent");
        /// Caller ID the call was made from; free text, reported where a `caller_id` of that `cid` is stored.
        optional cid: NAME;
        /// Instant of dialing. The call counts in the window, day and hour that this lies in.
        required started_at: Started;
        /// Instant of the answer.
        optional answered_at: Moment;
        /// Instant of hanging up.
        optional ended_at: Moment;
        /// Outcome of dialing; absent while the call is in progress. Every call that is not `blocked` is a dial.
        /// `answered` and `abandoned` both count as answers: in both the customer picked up, in the second no agent
        /// was there. A line without a result leaves a stored call that has one as it is.
        optional result: Enum(CallResult::VALUES);
        /// Seconds of talk with the customer.
        or talk_sec: COUNT, "0";
        /// Seconds of work after the call.
        or wrap_sec: COUNT, "0";
        /// Hangup cause as the switch names it.
        optional hangup_cause: NAME;
        /// Disposition by the agent. A dial whose disposition has `is_conversion` is a conversion.
        optional disposition: Code("disposition");
    }
}

const COUNT: Type = Integer {
    min: 0,
    max: i32::MAX,
};
/// A name, a label, or a text that reports group by.
const NAME: Type = Text { max: NAME_LEN };
const UUID: Type = Token { max: 64 };

impl Kind {
    pub fn named(name: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.name == name)
    }

    pub fn key(&self) -> &'static Field {
        &self.fields[0]
    }

    pub fn field(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }

    /// Field that keeps its first value if a line omits it.
    pub fn kept(&self) -> Option<&'static Field> {
        self.fields
            .iter()
            .find(|field| field.presence == Presence::Kept)
    }

    /// Staged columns with their types, in the order of the fields.
    pub fn columns(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.fields.iter().flat_map(Field::columns)
    }

    /// Bits of the required fields, by their position.
    pub fn required(&self) -> i64 {
        let fields = self.fields.iter().enumerate();
        let required = fields.filter(|(_, field)| field.presence == Presence::Required);
        required.fold(0, |bits, (at, _)| bits | 1 << at)
    }
}

/// The field of a kind, by name, for declarations of resources.
///
/// # Panics
///
/// At compile time, if there is none.
pub const fn field(kind: &str, name: &str) -> Field {
    let mut at = 0;
    while at < KINDS.len() {
        let mut place = 0;
        while is_same(KINDS[at].name, kind) && place < KINDS[at].fields.len() {
            if is_same(KINDS[at].fields[place].name, name) {
                return KINDS[at].fields[place];
            }
            place += 1;
        }
        at += 1;
    }
    panic!("bug: no such field")
}

const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_point_to_earlier_kinds() {
        for (at, kind) in KINDS.iter().enumerate() {
            for field in kind.fields {
                if let Some(target) = field.kind.target() {
                    let before = KINDS[..at].iter().find(|other| other.name == target);
                    assert!(before.is_some(), "{}.{}", kind.name, field.name);
                }
            }
        }
    }

    /// Positions of fields are bits of a `bigint`. A row has either sense of a less complete line.
    #[test]
    fn kinds_that_keep_absent_fields_have_few_fields_and_no_finishing_one() {
        for kind in KINDS.iter().filter(|kind| kind.keeps_absent) {
            assert!(kind.fields.len() < 63, "{}", kind.name);
            assert_eq!(kind.finished_by, None, "{}", kind.name);
        }
    }

    #[test]
    fn the_finishing_field_is_an_optional_field_of_its_kind() {
        for kind in KINDS {
            let Some(name) = kind.finished_by else {
                continue;
            };
            let field = kind.fields.iter().find(|field| field.name == name);
            assert!(
                field.is_some_and(|field| field.presence == Presence::Optional),
                "{}.{name}",
                kind.name
            );
        }
    }
}
