//! Paths of the API, each spelled once.

/// The page and its files.
pub const PAGE: &str = "/";
pub const ASSET: &str = "/assets/{hash}/{*path}";

pub const HEALTHZ: &str = "/healthz";
pub const READYZ: &str = "/readyz";
/// On the listener for probes alone.
pub const METRICS_OF_PROCESS: &str = "/metrics";
pub const OPENAPI: &str = "/openapi.json";

pub const LOGIN: &str = "/api/auth/login";
pub const LOGOUT: &str = "/api/auth/logout";
pub const ME: &str = "/api/auth/me";
pub const SESSION: &str = "/api/auth/session";
pub const SESSIONS: &str = "/api/auth/sessions";

pub const MY_SETTINGS: &str = "/api/me/settings";

pub const TEAMS: &str = "/api/teams";
pub const AGENTS: &str = "/api/agents";
pub const DISPOSITIONS: &str = "/api/dispositions";
pub const CALLER_IDS: &str = "/api/caller-ids";
pub const SEARCH: &str = "/api/search";

pub const META: &str = "/api/meta";
pub const METRICS: &str = "/api/meta/metrics";
pub const HANGUP_CAUSES: &str = "/api/meta/hangup-causes";

pub const AUTOCALL_CAMPAIGNS: &str = "/api/autocall/campaigns";
pub const CAMPAIGN: &str = "/api/autocall/campaigns/{id}";
pub const CAMPAIGN_START: &str = "/api/autocall/campaigns/{id}/start";
pub const CAMPAIGN_PAUSE: &str = "/api/autocall/campaigns/{id}/pause";
pub const CAMPAIGN_RESUME: &str = "/api/autocall/campaigns/{id}/resume";
pub const CAMPAIGN_STOP: &str = "/api/autocall/campaigns/{id}/stop";
pub const CAMPAIGN_LEADS: &str = "/api/autocall/campaigns/{id}/leads";
pub const CAMPAIGN_LEADS_IMPORT: &str = "/api/autocall/campaigns/{id}/leads/import";
pub const LEAD: &str = "/api/autocall/leads/{id}";
pub const SCRIPTS: &str = "/api/autocall/scripts";
pub const SCRIPT: &str = "/api/autocall/scripts/{id}";
pub const VOICES: &str = "/api/autocall/voices";
pub const VOICE: &str = "/api/autocall/voices/{id}";
pub const MEDIA: &str = "/api/autocall/media";
pub const MEDIA_FILE: &str = "/api/autocall/media/{id}";
pub const BREACHES: &str = "/api/telesales/reports/abandon-rate/breaches";
pub const TELESALES_CAMPAIGNS: &str = "/api/telesales/campaigns";

pub const EXPORTS: &str = "/api/autocall/campaigns/{id}/reports/export";
pub const EXPORT: &str = "/api/autocall/campaigns/{id}/reports/export/{job_id}";
pub const CALLS_EXPORT: &str = "/api/telesales/calls/export";
pub const CALLS_EXPORT_JOB: &str = "/api/telesales/calls/export/{job_id}";
pub const CALLS_EXPORTS: &str = "/api/telesales/calls/exports";
pub const COMPLIANCE_EXPORT: &str = "/api/telesales/reports/compliance/export";
pub const COMPLIANCE_EXPORT_JOB: &str = "/api/telesales/reports/compliance/export/{job_id}";
pub const COMPLIANCE_EXPORTS: &str = "/api/telesales/reports/compliance/exports";
pub const ALL_EXPORTS: &str = "/api/exports";
pub const EXPORT_AGAIN: &str = "/api/exports/{job_id}/again";
pub const DOWNLOAD: &str = crate::exports::link::PATH;

pub const OVERVIEW: &str = "/api/overview";
pub const PUT_ASIDE: &str = "/api/overview/put-aside";
pub const AUDIT: &str = "/api/audit";
pub const ANALYTICS: &str = "/analytics";
pub const INGEST: &str = "/api/ingest";
/// What the paths of the doors of dialers begin with.
pub const DIALER_DOORS: &str = "/api/ingest/";
pub const INGEST_FREESWITCH: &str = "/api/ingest/freeswitch";
pub const INGEST_ASTERISK: &str = "/api/ingest/asterisk";
pub const INGEST_VICIDIAL: &str = "/api/ingest/vicidial";
pub const ROUTING: &str = "/api/ingest/routing";
pub const ROUTING_APPLY: &str = "/api/ingest/routing/apply";
pub const UNMAPPED: &str = "/api/ingest/unmapped";
pub const CAUSES: &str = "/api/ingest/causes";
pub const QUARANTINE: &str = "/api/ingest/quarantine";
pub const QUARANTINE_RETRY: &str = "/api/ingest/quarantine/retry";
pub const QUARANTINED_RETRY: &str = "/api/ingest/quarantine/{id}/retry";
pub const QUARANTINED: &str = "/api/ingest/quarantine/{id}";
pub const INGEST_CSV: &str = "/api/ingest/csv";
pub const MAPPINGS: &str = "/api/ingest/mappings";
pub const MAPPING: &str = "/api/ingest/mappings/{name}";

pub const WEBHOOKS: &str = "/api/webhooks";
pub const WEBHOOK_EVENTS: &str = "/api/webhooks/events";
pub const WEBHOOK: &str = "/api/webhooks/{id}";
pub const WEBHOOK_SECRET: &str = "/api/webhooks/{id}/rotate-secret";
pub const WEBHOOK_TEST: &str = "/api/webhooks/{id}/test";
pub const WEBHOOK_REPLAY: &str = "/api/webhooks/{id}/replay";
pub const WEBHOOK_DELIVERIES: &str = "/api/webhooks/{id}/deliveries";
pub const WEBHOOK_DELIVERY: &str = "/api/webhooks/{id}/deliveries/{delivery}";
pub const WEBHOOK_DELIVERY_REPLAY: &str = "/api/webhooks/{id}/deliveries/{delivery}/replay";

pub const TEMPLATES: &str = "/api/export-templates";
pub const TEMPLATE: &str = "/api/export-templates/{name}";

pub const SCHEDULES: &str = "/api/schedules";
pub const SCHEDULE: &str = "/api/schedules/{id}";
pub const SCHEDULE_RUN: &str = "/api/schedules/{id}/run";
pub const SCHEDULE_RUNS: &str = "/api/schedules/{id}/runs";
