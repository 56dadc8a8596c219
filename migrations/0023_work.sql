-- Lists of tenants with pending work: loops over tenants visit these only.

create policy roll_call on rollup_stale for select
    using ((select current_setting('callboard.roll_call', true)) = 'on');

-- Files that expire.
create policy roll_call on exports for select
    using (status = 'ready' and (select current_setting('callboard.roll_call', true)) = 'on');
create index exports_expiring on exports (expires_at) where status = 'ready';
