-- The 50 most frequent paths through the script; answered attempts without steps do not count.
-- $2 campaign; the plan of the window.
select path, sum(attempts) as count
from {{rolled autocall_paths scope=campaign campaign=$2}} r
group by path
having sum(attempts) <> 0
order by count desc, path collate "C"
limit 50
