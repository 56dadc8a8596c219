-- Claims deliveries of the tenant that are due at $5, with claim $2, for $6 seconds: of each webhook of $3 as many as $4
-- says, first tries and retries by turns. A first try waits for those of its subject before it. The oldest 1,000 first
-- tries are looked at: beyond them, subjects wait behind one that is slow.
with candidates as (
    select r.webhook_id, r.room, c.id, c.is_answered, c.next_attempt_at
    from unnest($3::bigint[], $4::integer[]) as r (webhook_id, room)
    cross join lateral (
        (
            select d.id, d.is_answered, d.next_attempt_at
            from (
                select p.id, p.is_answered, p.next_attempt_at, p.subject
                from webhook_deliveries p
                where p.tenant_id = $1 and p.webhook_id = r.webhook_id and p.status = 'pending' and p.is_answered = false
                  and p.next_attempt_at <= greatest($5, now()) and (p.leased_until is null or p.leased_until <= now())
                order by p.next_attempt_at, p.id
                limit 1000
            ) d
            where d.subject is null
               or not exists (
                   select
                   from webhook_deliveries before
                   where before.tenant_id = $1 and before.webhook_id = r.webhook_id and before.subject = d.subject
                     and before.id < d.id and before.status = 'pending' and not before.is_answered
               )
            order by d.next_attempt_at, d.id
            limit r.room
        )
        union all
        (
            select p.id, p.is_answered, p.next_attempt_at
            from webhook_deliveries p
            where p.tenant_id = $1 and p.webhook_id = r.webhook_id and p.status = 'pending' and p.is_answered = true
              and p.next_attempt_at <= greatest($5, now()) and (p.leased_until is null or p.leased_until <= now())
            order by p.next_attempt_at, p.id
            limit r.room
        )
    ) c
), places as (
    select id, webhook_id, room, is_answered,
           row_number() over (partition by webhook_id, is_answered order by next_attempt_at, id) as place
    from candidates
), taken as (
    select id, webhook_id, room, row_number() over (partition by webhook_id order by place, is_answered) as place
    from places
), chosen as materialized (
    select array_agg(webhook_id order by id) as webhook_ids, array_agg(id order by id) as ids
    from taken
    where place <= room
)
select
    d.id,
    d.webhook_id,
    d.event,
    d.data,
    d.created_at,
    d.planned_tries,
    d.first_attempt_at,
    d.is_replay
from chosen c
cross join callboard_lease($1, c.webhook_ids, c.ids, $2, now() + make_interval(secs => $6), $5) d
