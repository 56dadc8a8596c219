-- The counters of several campaigns, each in its own window. $2 ids, $3 from, $4 to: arrays of the same length.
select w.id,
       count(a.uuid) as dialed,
       count(*) filter (where a.result = 'answered') as answered,
       coalesce(sum(a.billsec) filter (where a.result = 'answered'), 0)::bigint as talk_sec,
       count(*) filter (where callboard_handed_over(a.transfer)) as handed_over
from unnest($2::bigint[], $3::timestamptz[], $4::timestamptz[]) as w (id, begins, ends)
left join autocall_attempts a
  on a.tenant_id = $1 and a.campaign_id = w.id and a.started_at >= w.begins and a.started_at < w.ends
group by w.id
