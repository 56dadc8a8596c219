"""Metrics that are promised (docs/contract.md, section 16), with their types."""

COUNTERS = {
    "callboard_http_requests_total": {"method", "route", "status", "cache"},
    "callboard_db_read_round_trips_total": set(),
    "callboard_cache_requests_total": {"outcome"},
    "callboard_exports_finished_total": {"outcome"},
    "callboard_ingest_lines_total": {"kind", "outcome"},
    "callboard_webhook_deliveries_total": {"outcome"},
    "callboard_schedule_runs_total": {"outcome"},
    "callboard_rate_limited_total": {"group"},
    "callboard_tasks_restarted_total": {"task"},
    "process_cpu_seconds_total": set(),
}
HISTOGRAMS = {
    "callboard_http_request_duration_seconds": {"route", "cache"},
    "callboard_db_pool_wait_seconds": set(),
}
GAUGES = {
    "callboard_db_pool_connections": {"pool", "state"},
    "callboard_exports": {"state"},
    "callboard_export_oldest_seconds": set(),
    "callboard_journal_rows": set(),
    "callboard_compaction_behind_seconds": set(),
    "callboard_rollups_stale": set(),
    "callboard_build_info": {"version", "commit"},
    "callboard_tz_database_info": {"version"},
    "callboard_db_size_bytes": set(),
    "process_resident_memory_bytes": set(),
    "process_virtual_memory_bytes": set(),
    "process_open_fds": set(),
    "process_max_fds": set(),
    "process_threads": set(),
    "process_start_time_seconds": set(),
}
# Of a database with replicas only.
WITH_REPLICA = {"callboard_replica_lag_seconds": set()}
EVERY = COUNTERS | HISTOGRAMS | GAUGES | WITH_REPLICA
