-- Relation of a list: rows by place; those beyond the limit share the last place, and are summed up there.
with keyed as (
    {{keyed}}
), placed as (
    select
        least(row_number() over (order by {{order}}), {{last}}) as place,
        keyed.*
    from keyed
    where key is not null
), listed as (
    select
        place,
        {{columns}},
        {{sums}}
    from placed
    group by place
)
