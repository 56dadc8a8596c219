-- The counters of one campaign in its window. $2 campaign, $3 to $9 the plan of the window.
select $2 as id,
       coalesce(sum(dialed), 0) as dialed,
       coalesce(sum(answered), 0) as answered,
       coalesce(sum(talk_sec), 0)::bigint as talk_sec,
       coalesce(sum(handed_over), 0) as handed_over
from rolled_autocall_totals($1, 0::smallint, $2, '{0}', $3, $4, $5, $6, $7, $8, $9)
