-- Exports: a row is at once the job in the queue and what its client is told of it.
--
-- Who works on one holds its claim: a number that nobody else has, with a lease that is renewed while the work goes
-- on. Whoever finds a lease that has run out may take the job up again, under a claim of his own; what an earlier
-- claimant still writes then changes nothing, because every statement of his names his claim. Leases are reckoned
-- by the database's clock, which all instances share; everything a client is shown, by the server's.

create table exports (
    tenant_id       bigint not null references tenants,
    id              text collate "C" not null, -- unique over all accounts: links have nothing else
    campaign_id     bigint not null,
    report_type     text not null check (report_type in ('kpis', 'trend', 'hangup', 'dtmf', 'funnel', 'full')),
    format          text not null check (format in ('xlsx', 'csv')),
    window_from     timestamptz not null,
    window_to       timestamptz not null,
    timezone        text not null,
    created_at      timestamptz not null,
    created_by      bigint not null,
    -- The client's name for its request, and the request: the same once more is this job.
    idempotency_key text,
    asked           text not null,

    status          text not null default 'queued'
                    check (status in ('queued', 'running', 'ready', 'failed', 'expired')),
    error           text,
    -- Rows it is expected to have, and how much of it is done.
    rows_expected   bigint not null,
    progress_pct    smallint not null default 0 check (progress_pct between 0 and 100),
    tries           smallint not null default 0,
    wait_until      timestamptz, -- after a try that failed
    claim           uuid,
    leased_until    timestamptz,

    file_key        text, -- in the store
    file_name       text,
    file_size       bigint,
    rows_written    bigint,
    seconds_taken   double precision,
    completed_at    timestamptz,
    expires_at      timestamptz,

    primary key (tenant_id, id),
    unique (tenant_id, created_by, idempotency_key),
    foreign key (tenant_id, campaign_id) references autocall_campaigns on delete cascade,
    check ((claim is not null) = (status = 'running')),
    check ((file_key is not null) = (status = 'ready'))
);
call callboard_guard('exports');
create index on exports (tenant_id, campaign_id, created_at);
create index on exports (status, created_at) where status in ('queued', 'running');
create index on exports (id);

-- Workers visit the queue of every account. They see its jobs only, and only in the transaction that says so
-- (src/exports/queue.rs); what stands behind a job they read in a scope of its account.
create policy queue on exports
    using (current_setting('callboard.queue', true) = 'on' and status in ('queued', 'running'))
    with check (current_setting('callboard.queue', true) = 'on');

-- Who follows a signed link has no account, only the name of one job, whose row is then the only one he sees.
create policy link on exports for select
    using (id = nullif(current_setting('callboard.link', true), ''));
