-- Adds rows to {{rollup}}. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               {{agent}} as agent_id,
               {{bucket}} as bucket,
               {{fine}}
        from {{rows}} r
        {{lead}}
        {{where}}
        group by {{fine_key}}
    ) sums
    where {{some}}
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           {{bare}}
    from fine
    group by {{bare_key}}
)
insert into {{rollup}} as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    {{names}}
)
select $1,
       case when scope in ({{scope campaign}}, {{scope agent_of_campaign}}) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / {{finest}}),
       {{sums}}
from {{levels}}
group by {{group}}
having {{any}}
order by {{group}}
{{merged}}
