-- Sums by an attribute of these rows, of every tenant.
declare
    before text := coalesce(current_setting('callboard.roll_call', true), '');
begin
    perform set_config('callboard.roll_call', 'on', true);
    insert into rollup_stale (tenant_id, module)
    select id, '{{module}}' from tenants;
    perform set_config('callboard.roll_call', before, true);
end
