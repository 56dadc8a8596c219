-- The 50 most frequent paths through the script; answered attempts without steps do not count.
-- $2 campaign, $3 from, $4 to.
select callboard_path(script_path) as path, count(*) as count
from autocall_attempts
where tenant_id = $1 and campaign_id = $2 and started_at >= $3 and started_at < $4
  and result = 'answered' and cardinality(script_path) > 0
group by 1
order by count desc, callboard_path(script_path) collate "C"
limit 50
