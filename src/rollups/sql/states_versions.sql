-- The leads of the relation `changed` with weights: as counted (-1) and as they are (+1).
select v.weight,
       callboard_quarter(l.created_at) as quarter,
       l.lead_id,
       l.campaign_id,
       l.created_at,
       l.status,
       v.attempts,
       v.waiting > 0 as in_progress
from (
    select *
    from (
        select lead_id,
               campaign_id,
               created_at,
               status,
               sum(was) as was,
               sum(is_now) as is_now
        from (
            select c.lead_id, l.campaign_id, l.created_at, l.status, 1 as was, 1 as is_now
            from changed c
            cross join lateral (
                select l.campaign_id, l.created_at, l.status
                from autocall_leads l
                where l.tenant_id = $1
                  and l.id = c.lead_id
                offset 0
            ) l
            union all
            select l.id, l.campaign_id, l.created_at, l.status, -l.weight, 0
            from autocall_leads_journal l
            where l.tenant_id = $1
        ) l
        {{where}}
        group by 1, 2, 3, 4
    ) l
    full join changed using (lead_id) -- never a nested loop (sources_nearest_of_journal.sql)
    offset 0
) l
left join lateral (
    select t.attempts, t.waiting
    from autocall_lead_trail t
    where t.tenant_id = $1
      and t.lead_id = l.lead_id
    offset 0
) t on true
cross join lateral (values
    (-l.was, coalesce(t.attempts, 0), coalesce(t.waiting, 0)),
    (l.is_now, coalesce(t.attempts, 0) + l.attempts, coalesce(t.waiting, 0) + l.waiting)
) v (weight, attempts, waiting)
where v.weight <> 0
