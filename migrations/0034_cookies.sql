-- Signing in to the page: sessions that a cookie carries, and links that sign in once (contract, section 15).

-- SHA-256 of the cookie's id; null for the sessions of tokens. The first half of it is the session's own id.
alter table sessions add column cookie_digest bytea check (octet_length(cookie_digest) = 32);

-- Links that are neither used nor expired. SHA-256 of the code; a link that is used is deleted.
create table sign_in_links (
    tenant_id  bigint not null,
    digest     bytea not null check (octet_length(digest) = 32),
    user_id    bigint not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    primary key (tenant_id, digest),
    foreign key (tenant_id, user_id) references users
);
call callboard_guard('sign_in_links');
create index on sign_in_links (tenant_id, expires_at);
create policy roll_call on sign_in_links for select
    using ((select current_setting('callboard.roll_call', true)) = 'on');

-- A link is made by the operator on the command line, not by the user who will use it.
create or replace view audit_entries with (security_invoker = true) as
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
                               'password_changed', 'sign_in_link.made') as is_actor
) as roles;
