-- Distinct leads of a window per stage: the links inside its whole hours, corrected by leads that are read one by one,
-- because links do not have all of their rows: leads with a row in the ragged ends, and leads changed since the last
-- compaction.
with linked as (
    select
        {{linked}}
    {{inside}}
), changed as materialized (
    {{changed}}
), ends as materialized (
    {{ends}}
), reached as (
    {{reached}}
), corrected as (
    select
        {{corrected}}
    from reached
)
select
    {{sums}}
from linked, corrected
