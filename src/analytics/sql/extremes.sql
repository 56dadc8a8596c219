-- The shortest and the longest answered attempt in a window, of the whole tenant or of the campaigns with a template: $2 and
-- $3 the window, $4 the template or null. Roll-ups cannot keep a minimum or maximum, because rows can be deleted. Instead,
-- the distinct lengths are walked from either end, campaign by campaign, up to the first one in the window. Each step is
-- one lookup in a partial index of lengths of 0 or more, which are all.
with recursive known (id) as ( -- campaigns by their attempts, for some may have none but those
    select min(a.campaign_id) from autocall_attempts a where a.tenant_id = $1 and $4::text is null
    union all
    select (select min(a.campaign_id) from autocall_attempts a where a.tenant_id = $1 and a.campaign_id > k.id)
    from known k where k.id is not null
), answered (id) as ( -- those with anything to find
    select c.id
    from (select id from known union all select unnest(callboard_playing($1, $4))) c
    cross join lateral (select from autocall_attempts a
                        where a.tenant_id = $1 and a.campaign_id = c.id and a.started_at >= $2 and a.started_at < $3
                          and a.result = 'answered'
                        limit 1) one
), up (id, length, found) as (
    select c.id, -1::bigint, false from answered c
    union all
    select u.id, next.length,
           exists (select from autocall_attempts a
                   where a.tenant_id = $1 and a.campaign_id = u.id and a.billsec = next.length
                     and a.started_at >= $2 and a.started_at < $3 and a.result = 'answered' and a.billsec >= 0)
    from up u
    cross join lateral (select a.billsec::bigint from autocall_attempts a
                        where a.tenant_id = $1 and a.campaign_id = u.id and a.billsec > u.length and a.result = 'answered'
                          and a.billsec >= 0
                        order by a.billsec limit 1) next (length)
    where not u.found
), down (id, length, found) as (
    select c.id, 2147483648::bigint, false from answered c
    union all
    select d.id, next.length,
           exists (select from autocall_attempts a
                   where a.tenant_id = $1 and a.campaign_id = d.id and a.billsec = next.length
                     and a.started_at >= $2 and a.started_at < $3 and a.result = 'answered' and a.billsec >= 0)
    from down d
    cross join lateral (select a.billsec::bigint from autocall_attempts a
                        where a.tenant_id = $1 and a.campaign_id = d.id and a.billsec < d.length and a.result = 'answered'
                          and a.billsec >= 0
                        order by a.billsec desc limit 1) next (length)
    where not d.found
)
select (select min(length)::integer from up where found) as shortest,
       (select max(length)::integer from down where found) as longest
