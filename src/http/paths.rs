//! Paths of the API, each spelled once.

pub const HEALTHZ: &str = "/healthz";
pub const READYZ: &str = "/readyz";
pub const OPENAPI: &str = "/openapi.json";

pub const LOGIN: &str = "/api/auth/login";
pub const LOGOUT: &str = "/api/auth/logout";
pub const ME: &str = "/api/auth/me";

pub const AUTOCALL_CAMPAIGNS: &str = "/api/autocall/campaigns";
pub const TELESALES_CAMPAIGNS: &str = "/api/telesales/campaigns";

pub const EXPORTS: &str = "/api/autocall/campaigns/{id}/reports/export";
pub const EXPORT: &str = "/api/autocall/campaigns/{id}/reports/export/{job_id}";
pub const DOWNLOAD: &str = crate::exports::link::PATH;

pub const ANALYTICS: &str = "/analytics";
pub const INGEST: &str = "/api/ingest";
