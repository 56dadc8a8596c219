-- In a rebuild: adds what is kept from before the account's complete-from to the hours and days that this divides.
insert into {{rollup}} as stored (
    tenant_id,
    scope,
    campaign_id,
    agent_id,
    width,
    bucket,
    {{names}}
)
select tenant_id,
       scope,
       campaign_id,
       agent_id,
       level.width,
       callboard_bucket(bucket, level.width),
       {{sums}}
from (
    select *
    from {{rollup}}
    where {{conditions}}
      and width = 1
) quarters
join (values
    {{levels}}
) as level (of_scope, width) on level.of_scope = quarters.scope
cross join (select callboard_quarter(callboard_complete_from($1)) as quarter offset 0) cut
where bucket < cut.quarter
  and bucket >= callboard_bucket(cut.quarter, level.width) * level.width
group by {{group}}
having {{any}}
{{merged}}
