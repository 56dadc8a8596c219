-- Exports of lists of calls: files of an account, not of a campaign. `asked` holds the parameters of the list.
alter table exports
    alter column campaign_id drop not null,
    drop constraint exports_report_type_check,
    add constraint exports_report_type_check check (report_type in
        ('kpis', 'trend', 'hangup', 'dtmf', 'funnel', 'full', 'calls')),
    add constraint exports_campaign_check check ((campaign_id is null) = (report_type = 'calls'));
create index exports_of_account on exports (tenant_id, created_at) where campaign_id is null;
