-- Distinct leads of a window per stage: the links inside its whole hours, corrected by leads that links do not know
-- completely: leads with a row in the ragged ends, and leads with an hour that changed since the last compaction.
with hours as materialized (
    {{hours}}
), changed as materialized (
    {{changed}}
), reached as materialized (
    {{reached}}
), linked as (
    select
        {{linked}}
    {{inside}}
), corrected as (
    select
        {{corrected}}
    from reached r
    cross join hours h
    {{kept}}
    where r.before <> r.after
)
select
    {{sums}}
from linked, corrected
