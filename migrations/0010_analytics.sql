-- What analytics reads that no report did: attempts by account, by lead and by length; leads by what their
-- payload says; the merchants of a reseller.

-- An account's attempts in a window; and the ragged ends of what is summed over an account.
create index on autocall_attempts (tenant_id, started_at);
-- The attempts of a lead, and the leads with an attempt in progress.
create index on autocall_attempts (tenant_id, lead_id);
create index on autocall_attempts (tenant_id, lead_id) where result is null;
-- The shortest and the longest call of a campaign in a window: lengths are walked from either end.
create index on autocall_attempts (tenant_id, campaign_id, billsec, started_at) where result = 'answered';
create index on autocall_leads (tenant_id, created_at);

-- Which fifth of 0 to 1 a sentiment lies in, from 0; 1 is in the last, and none is in none.
create function callboard_fifth(sentiment numeric) returns smallint
    language sql immutable parallel safe
    as $$ select (floor(sentiment * 5) - case when sentiment = 1 then 1 else 0 end)::smallint $$;

-- What a payload says of itself at its top level, each key with its value as one number: equal where key and value
-- are (1 and 1.0 are), and hardly ever equal elsewhere.
create function callboard_terms(payload jsonb) returns setof bigint
    language sql stable parallel safe
    as $$
        select jsonb_hash_extended(jsonb_build_object(key, value), 0)
        from jsonb_each(case jsonb_typeof(payload) when 'object' then payload else '{}' end)
        where jsonb_typeof(value) in ('string', 'number', 'boolean')
    $$;

-- Which leads have such a term. No GIN index on the payloads themselves, because under row-level security Postgres
-- looks nothing up by an operator that might tell of the rows it is shown, and those of jsonb might. Whoever looks
-- leads up here reads their payloads too.
create table autocall_lead_terms (
    tenant_id bigint not null,
    term      bigint not null,
    lead_id   bigint not null,
    primary key (tenant_id, term, lead_id)
);
call callboard_guard('autocall_lead_terms');
-- Rows come from triggers, under whatever role somebody's own SQL runs.
create policy told on autocall_lead_terms for insert with check (true);

create function callboard_lead_terms_changed() returns trigger
    language plpgsql security definer set search_path = public, pg_temp
    as $$
    begin
        if tg_op = 'INSERT' then
            insert into autocall_lead_terms
            select r.tenant_id, t.term, r.id from new_rows r cross join lateral callboard_terms(r.payload) t (term)
            on conflict do nothing;
        elsif tg_op = 'DELETE' then
            delete from autocall_lead_terms g
            using (select r.tenant_id, t.term, r.id from old_rows r cross join lateral callboard_terms(r.payload) t (term)) o
            where g.tenant_id = o.tenant_id and g.term = o.term and g.lead_id = o.id;
        elsif tg_op = 'UPDATE' then
            -- Leads are sent again all the time; few of them have changed.
            with were as (
                select tenant_id, id, payload from old_rows except select tenant_id, id, payload from new_rows
            ), gone as (
                select r.tenant_id, t.term, r.id from were r cross join lateral callboard_terms(r.payload) t (term)
                except
                select r.tenant_id, t.term, r.id from new_rows r cross join lateral callboard_terms(r.payload) t (term)
                where (r.tenant_id, r.id) in (select tenant_id, id from were)
            )
            delete from autocall_lead_terms g using gone o
            where g.tenant_id = o.tenant_id and g.term = o.term and g.lead_id = o.id;
            with are as (
                select tenant_id, id, payload from new_rows except select tenant_id, id, payload from old_rows
            )
            insert into autocall_lead_terms
            select r.tenant_id, t.term, r.id from are r cross join lateral callboard_terms(r.payload) t (term)
            on conflict do nothing;
        else
            truncate autocall_lead_terms;
        end if;
        return null;
    end $$;
create trigger terms_given after insert on autocall_leads referencing new table as new_rows
    for each statement execute function callboard_lead_terms_changed();
create trigger terms_changed after update on autocall_leads referencing old table as old_rows new table as new_rows
    for each statement execute function callboard_lead_terms_changed();
create trigger terms_taken after delete on autocall_leads referencing old table as old_rows
    for each statement execute function callboard_lead_terms_changed();
create trigger terms_emptied after truncate on autocall_leads
    for each statement execute function callboard_lead_terms_changed();
-- It acts with its owner's rights: nobody is to put it on a table of his own.
revoke execute on function callboard_lead_terms_changed() from public;

-- The leads there are already. One account after the other, for the guard holds whoever brings the schema up to date.
do $$
    declare
        account bigint;
    begin
        perform set_config('callboard.roll_call', 'on', true);
        for account in select id from tenants loop
            perform set_config('callboard.tenant', account::text, true);
            insert into autocall_lead_terms
            select l.tenant_id, t.term, l.id from autocall_leads l cross join lateral callboard_terms(l.payload) t (term)
            where l.tenant_id = account
            on conflict do nothing;
        end loop;
        perform set_config('callboard.tenant', '', true);
        perform set_config('callboard.roll_call', '', true);
    end $$;

-- A reseller reads its merchants' calls in analytics. It sees which they are in the transaction that says so
-- (Scope::reach) and enters each in turn; no row but the list of them is open to it otherwise.
create policy merchants on tenants for select
    using (current_setting('callboard.merchants', true) = 'on'
           and reseller_id = (select nullif(current_setting('callboard.tenant', true), '')::bigint));
create index on tenants (reseller_id) where reseller_id is not null;
