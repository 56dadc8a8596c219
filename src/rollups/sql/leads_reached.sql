-- Stages of each lead that links do not know completely, as bits: `truly` in the window, `linked` in its whole hours
-- according to the links. For unchanged leads the trail is complete; for the others, the trail with the journal's entries.
select s.lead_id, r.truly, r.linked
from ends s
cross join lateral (
    select bit_or(r.stages) as truly,
           bit_or(r.stages) filter (where r.at >= {{:hours_from}} and r.at < {{:hours_to}}) as linked
    from {{name}}_trail r
    where r.tenant_id = $1
      and r.lead_id = s.lead_id
      and {{in_scope}}
      and r.at >= {{:window_from}}
      and r.at < {{:window_to}}
    offset 0
) r
where s.lead_id not in (select lead_id from changed)
union all
select lead_id,
       bit_or(stages) filter (where n > 0 and at >= {{:window_from}} and at < {{:window_to}}),
       bit_or(stages) filter (where folded > 0 and at >= {{:hours_from}} and at < {{:hours_to}})
from (
    select lead_id,
           at,
           stages,
           sum(n) filter (where folded) as folded,
           sum(n) as n
    from (
        select s.lead_id, r.at, r.stages, r.n, true
        from changed s
        cross join lateral (
            select *
            from {{name}}_trail r
            where r.tenant_id = $1
              and r.lead_id = s.lead_id
              and {{in_scope}}
            offset 0
        ) r
        union all
        select r.lead_id,
               r.{{at}},
               {{mask}},
               r.weight,
               false
        from {{table}}_journal r
        {{join}}
        where r.tenant_id = $1
          and {{in_scope}}
    ) entries (lead_id, at, stages, n, folded)
    group by 1, 2, 3
) rows
group by lead_id
