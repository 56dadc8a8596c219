//! Scopes of sums: tenant, campaign, and by agent.

/// The scope of a roll-up's sums. Its number is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Campaign = 0,
    Account = 1,
    AgentOfCampaign = 2,
    Agent = 3,
}

impl Scope {
    pub const ALL: [Self; 4] = [
        Self::Campaign,
        Self::Account,
        Self::AgentOfCampaign,
        Self::Agent,
    ];

    /// The scope for those filters.
    pub fn of(campaign: bool, agents: bool) -> Self {
        match (campaign, agents) {
            (true, false) => Self::Campaign,
            (false, false) => Self::Account,
            (true, true) => Self::AgentOfCampaign,
            (false, true) => Self::Agent,
        }
    }

    pub fn number(self) -> i16 {
        self as i16
    }

    /// The scope of that name in templates.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }

    /// Its name in templates.
    pub fn name(self) -> &'static str {
        match self {
            Self::Campaign => "campaign",
            Self::Account => "account",
            Self::AgentOfCampaign => "agent_of_campaign",
            Self::Agent => "agent",
        }
    }

    /// Its number in a statement, with its name as a comment.
    pub fn sql(self) -> String {
        format!("{} /* {} */", self.number(), self.name())
    }

    pub fn has_campaign(self) -> bool {
        matches!(self, Self::Campaign | Self::AgentOfCampaign)
    }

    pub fn has_agent(self) -> bool {
        matches!(self, Self::AgentOfCampaign | Self::Agent)
    }
}
