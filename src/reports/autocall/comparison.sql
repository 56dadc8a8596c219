-- The counters of one campaign in its window. $2 campaign; the plan of the window.
select $2 as id,
       coalesce(sum(dialed), 0) as dialed,
       coalesce(sum(answered), 0) as answered,
       coalesce(sum(talk_sec), 0)::bigint as talk_sec,
       coalesce(sum(handed_over), 0) as handed_over
from {{rolled autocall_totals scope=campaign campaign=$2}} r
