-- The 50 most frequent paths through the script; answered attempts without steps do not count.
-- $2 campaign, $3 to $9 the plan of the window.
select path, sum(attempts) as count
from rolled_autocall_paths($1, 0::smallint, $2, '{0}', $3, $4, $5, $6, $7, $8, $9)
group by path
having sum(attempts) <> 0
order by count desc, path collate "C"
limit 50
