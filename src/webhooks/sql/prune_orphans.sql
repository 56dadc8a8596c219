-- Deletes up to 5,000 deliveries of the deleted webhook $2.
delete from webhook_deliveries
where tenant_id = $1 and id = any (array(
    select id
    from webhook_deliveries
    where tenant_id = $1 and webhook_id = $2
    order by id
    limit 5000
))
