-- Scripts, campaigns and leads made over HTTP (contract, section 8): their members, voices and media, ids,
-- idempotency keys, and what an entry of the audit log changed.

alter table autocall_scripts
    add column voice_id text,
    add column tts_tier text not null default 'B' check (tts_tier in ('A', 'B')),
    add column max_repeat_per_attempt integer not null default 1 check (max_repeat_per_attempt between 1 and 5),
    add column created_at timestamptz not null default now(),
    add column updated_at timestamptz not null default now();
create index on autocall_campaigns (tenant_id, script_id);

alter table autocall_campaigns
    add column description text,
    -- A JSON integer or string, as sent.
    add column caller_id_group_id jsonb,
    add column max_retries integer not null default 3 check (max_retries between 0 and 10),
    add column retry_interval_minutes integer not null default 60
        check (retry_interval_minutes between 1 and 43200),
    add column retry_only_when text not null default 'no_answer'
        check (retry_only_when in ('no_answer', 'busy', 'failed', 'any')),
    add column max_concurrent integer not null default 10 check (max_concurrent between 1 and 200),
    add column originate_timeout integer not null default 40 check (originate_timeout between 10 and 180),
    add column write_to_main_cdr boolean not null default false,
    add column start_at timestamptz,
    add column end_at timestamptz,
    add column completed_at timestamptz,
    add column updated_at timestamptz not null default now();

-- A change moves updated_at, and a campaign that becomes active or completed has an instant of that, whoever changes it.
create function callboard_script_touched() returns trigger
    language plpgsql
    as $$
    begin
        if new.updated_at = old.updated_at then
            new.updated_at := now();
        end if;
        return new;
    end
    $$;
create trigger touched before update on autocall_scripts
    for each row when (old.* is distinct from new.*) execute function callboard_script_touched();

create function callboard_campaign_touched() returns trigger
    language plpgsql
    as $$
    begin
        if new.updated_at = old.updated_at then
            new.updated_at := now();
        end if;
        if new.status <> old.status then
            case new.status
                when 'active' then new.started_at := coalesce(new.started_at, now());
                when 'completed' then new.completed_at := coalesce(new.completed_at, now());
                else null;
            end case;
        end if;
        return new;
    end
    $$;
create trigger touched before update on autocall_campaigns
    for each row when (old.* is distinct from new.*) execute function callboard_campaign_touched();

-- Lists of leads, newest id first, and the search for a phone that a campaign has.
create index on autocall_leads (tenant_id, campaign_id, id);
create index on autocall_leads (tenant_id, campaign_id, phone);

create table voices (
    tenant_id bigint not null references tenants,
    id        text collate "C" not null,
    name      text not null,
    language  text,
    gender    text,
    tier      text not null default 'B' check (tier in ('A', 'B')),
    status    text not null default 'active' check (status in ('active', 'inactive')),
    primary key (tenant_id, id)
);
call callboard_guard('voices');

create table media_files (
    tenant_id    bigint not null references tenants,
    id           bigint not null,
    name         text not null,
    url          text not null,
    duration_sec integer check (duration_sec >= 0),
    file_size    bigint check (file_size >= 0),
    created_at   timestamptz not null default now(),
    primary key (tenant_id, id)
);
call callboard_guard('media_files');

-- The next id that Callboard gives a row of the tenant, whatever its kind. It starts beyond the ids of source systems, and
-- never goes back, so that the id of a deleted row is not given again.
create table next_ids (
    tenant_id bigint primary key references tenants,
    id        bigint not null default 1099511627776
);
call callboard_guard('next_ids');

-- Answers to POST requests with an Idempotency-Key, kept for 24 hours.
create table idempotency_keys (
    tenant_id   bigint not null references tenants,
    method      text not null,
    path        text not null,
    key         text collate "C" not null,
    body_digest bytea not null,
    status      smallint not null,
    answer      text not null,
    created_at  timestamptz not null,
    primary key (tenant_id, method, path, key)
);
call callboard_guard('idempotency_keys');
create index on idempotency_keys (tenant_id, created_at);

-- The target of an action and its changes, {field: [old, new]}, without secrets and phones. Entries from before have none.
alter table audit_log
    add column target_kind text,
    add column target_id text,
    add column target_name text,
    add column changes jsonb;

-- Entries as clients see them. Of events from before targets, the user, token or export is the target; the user is also the
-- actor of logins, logouts and orders, while an operator on the command line is nobody.
create view audit_entries with (security_invoker = true) as
select
    l.tenant_id,
    l.id,
    l.at,
    l.event,
    u.username_key,
    case when is_actor then l.user_id end as actor_id,
    case when is_actor then u.username end as actor_name,
    case when is_actor then u.username_key end as actor_key,
    case when is_actor then l.session_id end as token,
    l.address,
    coalesce(l.target_kind, old.kind) as target_kind,
    case
        when l.target_kind is not null then l.target_id
        when old.kind = 'token' then l.session_id::text
        when old.kind = 'export' then l.subject
        else l.user_id::text
    end as target_id,
    case
        when l.target_kind is not null then l.target_name
        when old.kind <> 'export' then u.username
    end as target_name,
    coalesce(l.changes, '{}') as changes
from audit_log l
left join users u on u.tenant_id = l.tenant_id and u.id = l.user_id
cross join lateral (
    select case
        when l.event like 'token_%' then 'token'
        when l.event like 'export_%' then 'export'
        else 'user'
    end as kind
) as old
cross join lateral (
    select l.user_id is not null
           and l.event not in ('login_failed', 'token_issued', 'token_revoked', 'user_disabled', 'user_enabled',
                               'password_changed') as is_actor
) as roles;
