-- Roll-ups under construction from all rows of a tenant, with the stale marks that this serves. A row is here as long as the
-- tables are built in parts; `day`, counted since 1970, is the first one whose calls are not counted, if any are.
create table rollup_builds (
    tenant_id bigint not null,
    module text not null,
    marks bigint[] not null,
    part text not null,
    day integer,
    done bigint not null,
    calls bigint not null,
    begun_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, module)
);
call callboard_guard('rollup_builds')
