-- Exports of evidence of compliance: files of an account, like those of lists of calls. `asked` holds what they are about.
alter table exports
    drop constraint exports_report_type_check,
    add constraint exports_report_type_check check (report_type in
        ('kpis', 'trend', 'hangup', 'dtmf', 'funnel', 'full', 'calls', 'compliance')),
    drop constraint exports_campaign_check,
    add constraint exports_campaign_check check ((campaign_id is null) = (report_type in ('calls', 'compliance')));
