-- Attempts of spreadsheets that tell no number: theirs is the rank among the attempts of their lead, also when an earlier one
-- comes later.
create table sheet_attempts (
    tenant_id bigint not null references tenants,
    uuid      text collate "C" not null,
    primary key (tenant_id, uuid)
);
call callboard_guard('sheet_attempts');
