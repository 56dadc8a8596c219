-- What strangers type is not kept, and servers say which secrets they use.

-- People type passwords, or the names of other accounts, into the field for the name. Of a name that no user has, eight
-- hex digits of a keyed digest are kept (src/auth/token.rs), which tell repeated names and nothing of the text. A new
-- type by an expression writes the table anew: the names are gone from its file, not only from its rows.
alter table audit_strangers alter column username drop not null;
alter table audit_strangers alter column username type text using null::text;
alter table audit_strangers rename column username to name_digest;
alter table audit_strangers add check (name_digest ~ '^[0-9a-f]{8}$');

-- A digest of each secret that a server signs or checks tokens with. A command that would sign with another one refuses
-- (src/auth/secret.rs). Servers write the time each hour; rows of secrets given up are removed a day later.
create table server_secrets (
    fingerprint text primary key check (fingerprint ~ '^[0-9a-f]{32}$'),
    seen_at     timestamptz not null
);
alter table server_secrets enable row level security;
alter table server_secrets force row level security;
create policy secrets on server_secrets
    using (current_setting('callboard.secrets', true) = 'on');
