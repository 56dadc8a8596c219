-- Agents with a dial in the window of a plan to a lead from one of the sources.
select r.agent_id
from (
    select coalesce(
        {{:agents}},
        {{agents_of_calls}}
    ) as ids
    offset 0
) everyone
cross join lateral (
    {{totals}}
) r
group by r.agent_id
having sum(r.dials) <> 0
