-- Dials of caller IDs over all campaigns and agents by period. $2 caller IDs, $3 starts of periods, in seconds since 1970, ascending; the
-- plan of the periods.
select cid,
       width_bucket(r.local_second, $3::bigint[]) as period,
       sum(calls) as "all",
       sum(answers) as answers,
       sum(short) as short,
       sum(rejected) as rejected
from {{rolled telesales_caller_ids scope=account}} r
where r.cid = any ($2)
group by 1, 2
