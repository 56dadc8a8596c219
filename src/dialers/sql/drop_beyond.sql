-- Deletes the oldest records beyond the newest $2.
delete from dialer_quarantine
where tenant_id = $1 and id <= (
    select id
    from dialer_quarantine
    where tenant_id = $1
    order by id desc
    offset $2
    limit 1
)
