-- Rows of leads that changed since the last compaction: they are added to the sums of the present attribute (n = 1) and taken
-- from those of the one before (n = -1). Without a lead the attribute is unknown, so entries of leads that came or went do
-- not cancel there. Rows that changed since are in their own journal, at the present attribute: only those that the sums have
-- move, which are the present ones less their entries.
(
    with changed as materialized (
        select lead_id,
               {{name}},
               sum(n)::integer as n
        from (
            select l.{{id}} as lead_id,
                   {{of_lead}} as {{name}},
                   l.weight as n
            from {{leads}}_journal l
            where l.tenant_id = $1
            union all
            select l.{{id}},
                   {{unknown}},
                   -l.weight
            from {{leads}}_journal l
            where l.tenant_id = $1
        ) entries
        group by 1, 2
        having sum(n) <> 0
    )
    select changed.n as weight,
           callboard_quarter(r.{{at}}) as quarter,
           {{columns}},
           changed.{{name}}
    from changed
    cross join lateral (
        select *
        from {{table}} r
        where r.tenant_id = $1
          and r.{{lead}} = changed.lead_id
          and callboard_quarter(r.{{at}}) >= {{rows_from}}
        offset 0
    ) r
    union all
    select -r.n * r.weight,
           r.quarter,
           {{columns}},
           r.{{name}}
    from ( -- a full join, behind a fence: of journals that were never analyzed a nested loop would compare all with all
        select r.*,
               changed.n,
               changed.{{name}}
        from changed
        full join (
            select *
            from {{table}}_journal
            where tenant_id = $1
              and quarter >= {{rows_from}}
        ) r on r.{{lead}} = changed.lead_id
        offset 0
    ) r
    where r.n is not null
      and r.weight is not null
)
