-- Adds a change to the log. $2 now, $3 event, $4 user, $5 session, $6 address; $7 kind, $8 id and $9 name of the target;
-- $10 changes.
insert into audit_log (
    tenant_id,
    at,
    event,
    user_id,
    session_id,
    address,
    target_kind,
    target_id,
    target_name,
    changes
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
