-- Calls in a window, summed. $2 scope, $3 campaign, $4 agents, $5 to $11 the plan of the window; $12 the scope
-- of agents' sums, $13 which of them, $14 to $20 their plan.
select coalesce(sum(dials), 0) as dials,
       coalesce(sum(answers), 0) as answers,
       coalesce(sum(talk_sec), 0)::bigint as talk_sec,
       (select count(*)
        from (select from rolled_telesales_totals($1, $12, $3, $13, $14, $15, $16, $17, $18, $19, $20)
              group by agent_id
              having sum(dials) <> 0) dialing) as agents,
       coalesce(sum(blocked), 0) as blocked
from rolled_telesales_totals($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
