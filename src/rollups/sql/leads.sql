-- Leads of a window, each counted once a stage: the links inside its whole hours, corrected by the leads that links do
-- not know all of, looked at one by one: those with a row in the ragged ends and those that changed since the last
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
