-- Accounts and who may act in them, and the guard every table of an account stands under.
--
-- A tenant is one account: one company's campaigns, calls and users. Whatever belongs to it carries
-- tenant_id first in its key, so that an account's rows lie together and ids of the source system,
-- unique only inside an account, never collide.

-- Puts a table under the guard: whoever reads or writes it sees the rows of one account only, the one that
-- the transaction acts for. The server says which (src/db/scope.rs), or anyone's own SQL does with
-- set callboard.tenant = '1'.  Where nobody said it, it is null, and there is no row at all.
--
-- Forced, because the server itself owns the tables. The sub-select makes it one look-up a statement, and
-- written out, not called, it takes planning less time.
create procedure callboard_guard(guarded regclass, tenant_column name default 'tenant_id')
    language plpgsql
    as $$
    begin
        execute format('alter table %s enable row level security', guarded);
        execute format('alter table %s force row level security', guarded);
        execute format(
            $policy$create policy tenant on %s
                using (%I = (select nullif(current_setting('callboard.tenant', true), '')::bigint))$policy$,
            guarded, tenant_column);
    end
    $$;

create table tenants (
    id          bigint primary key,
    name        text not null,
    timezone    text not null default 'Asia/Ho_Chi_Minh',
    reseller_id bigint references tenants,
    -- What `callboard tenant set` changed from its default, by name (src/auth/settings.rs).
    settings    jsonb not null default '{}',
    created_at  timestamptz not null default now()
);
call callboard_guard('tenants', 'id');

create table teams (
    tenant_id bigint not null references tenants,
    id        bigint not null,
    name      text not null,
    primary key (tenant_id, id)
);
call callboard_guard('teams');

create table agents (
    tenant_id bigint not null references tenants,
    id        bigint not null,
    name      text not null,
    username  text not null,
    team_id   bigint,
    primary key (tenant_id, id),
    foreign key (tenant_id, team_id) references teams
);
call callboard_guard('agents');

create table users (
    tenant_id     bigint not null references tenants,
    id            bigint generated always as identity,
    username      text not null,
    -- The user name as it is compared: without case, and unique over the whole installation.
    username_key  text not null unique,
    email         text,
    role          text not null check (role in ('admin', 'supervisor', 'agent', 'read_only')),
    team_id       bigint,
    password_hash text not null,
    disabled_at   timestamptz,
    created_at    timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, team_id) references teams
);
call callboard_guard('users');

-- What a token stands for. A token without its row here, or with a revoked one, opens nothing.
create table sessions (
    tenant_id   bigint not null,
    id          uuid not null default gen_random_uuid(),
    user_id     bigint not null,
    -- Null: all that the user's role has. Otherwise what the token was limited to when issued.
    permissions text[],
    device_name text,
    created_at  timestamptz not null default now(),
    expires_at  timestamptz,
    revoked_at  timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, user_id) references users
);
call callboard_guard('sessions');
