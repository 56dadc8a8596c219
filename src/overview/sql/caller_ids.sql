-- Caller IDs with their dials over all campaigns and agents. The plan of the window.
select cid,
       sum(calls) as "all",
       sum(answers) as answers,
       sum(short) as short,
       sum(rejected) as rejected
from {{rolled telesales_caller_ids scope=account}} r
where exists (select from caller_ids i where i.tenant_id = $1 and i.cid = r.cid)
group by cid
having sum(calls) > 0
order by cid
