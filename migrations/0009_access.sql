-- Who came in, and who tried to: the look-up that a login begins with, and the log of what was done.

-- A login names a user before anybody knows the account. It sees that one user, and only in the transaction that
-- names them (Database::login).
create policy login on users for select
    using (username_key = (select nullif(current_setting('callboard.login', true), '')));

-- What is told of each event is in src/auth/audit.rs.
create table audit_log (
    tenant_id  bigint not null references tenants,
    id         bigint generated always as identity,
    at         timestamptz not null,
    event      text not null,
    user_id    bigint,
    session_id uuid,
    address    text, -- null on the command line
    subject    text,
    primary key (tenant_id, id)
);
call callboard_guard('audit_log');
create index on audit_log (tenant_id, at);

-- Logins under names that nobody has: they are no account's, and so no account sees them.
create table audit_strangers (
    id       bigint generated always as identity primary key,
    at       timestamptz not null,
    event    text not null,
    username text not null,
    address  text not null
);
alter table audit_strangers enable row level security;
alter table audit_strangers force row level security;
create policy strangers on audit_strangers
    using (current_setting('callboard.strangers', true) = 'on');
create index on audit_strangers (at);
