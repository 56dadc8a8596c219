-- Deletes records that came before $2, at most 1,000.
delete from dialer_quarantine
where tenant_id = $1 and id = any (array(
    select id
    from dialer_quarantine
    where tenant_id = $1 and received_at < $2
    order by id
    limit 1000
))
