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
    /// All of /api/schedules.
    ExportsManage,
    /// POST /api/ingest.
    IngestWrite,
    /// Single calls with their phones.
    CallsRead,
    /// All of /api/webhooks.
    WebhooksManage,
    /// The audit log.
    UsersManage,
}

impl Permission {
    pub const ALL: [Self; 10] = [
        Self::AutocallApiAccess,
        Self::AutocallExportReport,
        Self::AutocallManageCampaign,
        Self::TelesalesApiAccess,
        Self::AnalyticsApiAccess,
        Self::ExportsManage,
        Self::IngestWrite,
        Self::CallsRead,
        Self::WebhooksManage,
        Self::UsersManage,
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
            Self::CallsRead => "calls_read",
            Self::WebhooksManage => "webhooks_manage",
            Self::ExportsManage => "exports_manage",
            Self::UsersManage => "users_manage",
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
    /// Everything except writing call data, webhooks, and users.
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
        use Permission::{
            AnalyticsApiAccess, AutocallApiAccess, IngestWrite, TelesalesApiAccess, UsersManage,
            WebhooksManage,
        };
        match self {
            Self::Admin => true,
            Self::Supervisor => !matches!(permission, IngestWrite | WebhooksManage | UsersManage),
            Self::Agent => permission == TelesalesApiAccess,
            Self::ReadOnly => matches!(
                permission,
                AutocallApiAccess | TelesalesApiAccess | AnalyticsApiAccess
            ),
        }
    }
}
