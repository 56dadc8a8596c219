-- Lists of tenants with pending work: loops over tenants visit these only.

create policy roll_call on rollup_stale for select
    using ((select current_setting('callboard.roll_call', true)) = 'on');

-- Files that expire.
create policy roll_call on exports for select
    using (status = 'ready' and (select current_setting('callboard.roll_call', true)) = 'on');
create index exports_expiring on exports (expires_at) where status = 'ready';

-- Campaigns whose abandon rate is checked each minute.
create policy roll_call on telesales_campaigns for select
    using (status = 'active' and (select current_setting('callboard.roll_call', true)) = 'on');
create index telesales_campaigns_active on telesales_campaigns (tenant_id) where status = 'active';

-- Rows that are pruned each hour.
create policy roll_call on audit_log for select
    using ((select current_setting('callboard.roll_call', true)) = 'on');
create policy roll_call on sessions for select
    using ((select current_setting('callboard.roll_call', true)) = 'on');
create policy roll_call on idempotency_keys for select
    using ((select current_setting('callboard.roll_call', true)) = 'on');
create policy roll_call on webhooks for select
    using ((select current_setting('callboard.roll_call', true)) = 'on');
create policy roll_call on webhook_deliveries for select
    using ((select current_setting('callboard.roll_call', true)) = 'on');
