-- Removes failed logins of unknown names. $1 the most rows, $2 the last id to remove.
delete from audit_strangers
where id = any (array (
    select id
    from audit_strangers
    where id <= $2
    order by id
    limit $1
))
