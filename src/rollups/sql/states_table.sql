-- The state of each lead as counted by the last compaction.
create table autocall_lead_trail (
    tenant_id bigint not null,
    lead_id bigint not null,
    campaign_id bigint not null,
    created_at timestamptz not null,
    status text not null,
    attempts integer not null,
    in_progress boolean not null,
    primary key (tenant_id, lead_id)
);
comment on table autocall_lead_trail is 'callboard derived';
call callboard_guard('autocall_lead_trail')
