-- True if the log has an event of this kind, object and address in a time. $2 event, $3 object, $4 address, $5 and $6 the time,
-- start exclusive.
select exists (
    select
    from audit_log
    where tenant_id = $1
      and event = $2
      and subject = $3
      and address = $4
      and at > $5
      and at <= $6
)
