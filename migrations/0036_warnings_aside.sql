-- Warnings of the overview that a user has put aside for a while (contract, section 15).
create table warnings_aside (
    tenant_id   bigint not null,
    user_id     bigint not null,
    module      text not null check (module in ('autocall', 'telesales')),
    code        text not null,
    -- The campaign of the warning, and what it is about; 0 and empty if it has none.
    campaign_id bigint not null,
    subject     text collate "C" not null,
    until       timestamptz not null,
    primary key (tenant_id, user_id, module, code, campaign_id, subject),
    foreign key (tenant_id, user_id) references users on delete cascade
);
call callboard_guard('warnings_aside');
