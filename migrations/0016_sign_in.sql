-- Sign-in: a login's token ends when it is not used for long, and user names are kept in one normal form.
--
-- The owner of a table is held by its forced row-level security too, and a migration acts for no account: for these
-- statements it is lifted, in the transaction that puts it back.

alter table users no force row level security;
alter table sessions no force row level security;
alter table audit_log no force row level security;

-- Set by a login, and about each hour in which the token is used; it ends 30 days later (src/auth/session.rs). Null for
-- tokens that an operator issued, which end when they were told to or are revoked.
alter table sessions add column last_used_at timestamptz;

-- Tokens of earlier logins have 30 days from now on.
update sessions s
set last_used_at = now()
from audit_log l
where l.tenant_id = s.tenant_id and l.session_id = s.id and l.event = 'login';

-- The same name may be typed in two sequences of code points. A user whose name in normal form is another user's keeps
-- the form that it has, under which a login still finds it.
do $$ begin
    if current_setting('server_encoding') = 'UTF8' then
        update users u
        set username = normalize(username, nfc), username_key = normalize(username_key, nfc)
        where (username is not nfc normalized or username_key is not nfc normalized)
          and not exists (select from users other
                          where other.username_key = normalize(u.username_key, nfc)
                            and (other.tenant_id, other.id) <> (u.tenant_id, u.id))
          and not exists (select from users other
                          where normalize(other.username_key, nfc) = normalize(u.username_key, nfc)
                            and other.username_key is not nfc normalized
                            and (other.tenant_id, other.id) < (u.tenant_id, u.id));
    end if;
end $$;

alter table users force row level security;
alter table sessions force row level security;
alter table audit_log force row level security;
