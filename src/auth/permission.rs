//! The list of permissions, and the permissions of each role (contract, section 2).

use serde::{Deserialize, Serialize};

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[clap(rename_all = "snake_case")]
pub enum Permission {
    /// All of /api/autocall.
    AutocallApiAccess,
    /// Required additionally for exports.
    AutocallExportReport,
    /// Required additionally to create, start, pause, resume and stop campaigns and to import
    /// leads.
    AutocallManageCampaign,
    /// All of /api/telesales.
    TelesalesApiAccess,
    /// POST /analytics.
    AnalyticsApiAccess,
    /// POST /api/ingest.
    IngestWrite,
}

impl Permission {
    pub const ALL: [Self; 6] = [
        Self::AutocallApiAccess,
        Self::AutocallExportReport,
        Self::AutocallManageCampaign,
        Self::TelesalesApiAccess,
        Self::AnalyticsApiAccess,
        Self::IngestWrite,
    ];

    /// Name in tokens, documents and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::AutocallApiAccess => "autocall_api_access",
            Self::AutocallExportReport => "autocall_export_report",
            Self::AutocallManageCampaign => "autocall_manage_campaign",
            Self::TelesalesApiAccess => "telesales_api_access",
            Self::AnalyticsApiAccess => "analytics_api_access",
            Self::IngestWrite => "ingest_write",
        }
    }
}

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum, sqlx::Type, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[clap(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Admin,
    /// Everything except writing call data.
    Supervisor,
    /// Telesales only.
    Agent,
    /// All reports; no exports and no changes.
    ReadOnly,
}

impl Role {
    /// Name in documents and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Supervisor => "supervisor",
            Self::Agent => "agent",
            Self::ReadOnly => "read_only",
        }
    }

    pub fn may(self, permission: Permission) -> bool {
        use Permission::{AnalyticsApiAccess, AutocallApiAccess, IngestWrite, TelesalesApiAccess};
        match self {
            Self::Admin => true,
            Self::Supervisor => permission != IngestWrite,
            Self::Agent => permission == TelesalesApiAccess,
            Self::ReadOnly => matches!(
                permission,
                AutocallApiAccess | TelesalesApiAccess | AnalyticsApiAccess
            ),
        }
    }
}
