-- Removes old failed logins of unknown names. $1 the most rows, $2 the oldest instant to keep.
delete from audit_strangers
where id = any (array (
    select id
    from audit_strangers
    where at < $2
    order by at
    limit $1
))
