-- The attempts of each lead as of the last compaction, and how many of them wait for their result. An id that no lead has is
-- counted too: a lead may come after its attempts.
create table autocall_lead_trail (
    tenant_id bigint not null,
    lead_id bigint not null,
    attempts integer not null,
    waiting integer not null,
    primary key (tenant_id, lead_id)
);
call callboard_guard('autocall_lead_trail')
