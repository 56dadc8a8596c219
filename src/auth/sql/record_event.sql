-- Adds an event to the log. $2 now, $3 event, $4 user, $5 session, $6 address, $7 object.
insert into audit_log (
    tenant_id,
    at,
    event,
    user_id,
    session_id,
    address,
    subject
)
values ($1, $2, $3, $4, $5, $6, $7)
