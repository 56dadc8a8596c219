-- How large the data of the benchmarks is, and where its chance comes from: hashes of row numbers, so that
-- every load makes the same rows. `bench.scale` is the size, 1 being 10 M attempts and 8 M calls.

drop schema if exists bench cascade;
create schema bench;

-- The slice-th of the four numbers in a hash, from 0 to below `below`, which is at most 65,536.
create function bench.pick(hash bigint, slice int, below int) returns int
    language sql immutable parallel safe
    as $$ select ((((hash >> (slice * 16)) & 65535) * below) >> 16)::int $$;

-- The 90 days end where the clock of the benchmarks stands. DST begins in New York and in Berlin within them.
create function bench.begins() returns timestamptz
    language sql immutable parallel safe as $$ select '2026-01-15 00:00:00Z'::timestamptz $$;

-- Campaigns, those with sizes of their own first. In each module account 1 has one of 100,000, one of a
-- million and (AutoCall) one of two, all three over the whole 90 days, and the lion's share of the rest.
-- In the shape that tells how answers grow, it has one of ten million instead, and there is nothing else.
create unlogged table bench.campaigns as
with accounts (module, tenant_id, id, rows) as (
    values ('autocall', 1, 1, 2000000), ('autocall', 1, 2, 1000000), ('autocall', 1, 3, 100000),
           ('telesales', 1, 1, 1000000), ('telesales', 1, 2, 100000)
    union all select 'autocall', 1, id, 3300000 / 17 from generate_series(4, 20) id
    union all select 'autocall', 2, id, 2600000 / 18 from generate_series(21, 38) id
    union all select 'autocall', 3, id, 1000000 / 12 from generate_series(39, 50) id
    union all select 'telesales', 1, id, 4900000 / 10 from generate_series(3, 12) id
    union all select 'telesales', 2, id, 1200000 / 6 from generate_series(13, 18) id
    union all select 'telesales', 3, id, 800000 / 6 from generate_series(19, 24) id
), growth (module, tenant_id, id, rows) as (
    values ('autocall', 1, 1, 10000000), ('autocall', 1, 2, 1000000), ('autocall', 1, 3, 100000)
), sizes as (
    select * from accounts where current_setting('bench.shape') = 'accounts'
    union all select * from growth where current_setting('bench.shape') = 'growth'
), spans as (
    select *, case when id <= 3 then 0 else bench.pick(hashint8extended(id, 1), 0, 45) end as first_day
    from sizes
), measured as (
    -- A lead is dialed 3.1 times; a little of that falls before or behind the 90 days.
    select *, case when id <= 3 then 90 else 90 - first_day end as days,
           (rows * current_setting('bench.scale')::float8 / 3.0)::bigint as leads
    from spans
)
select *, (sum(leads) over (partition by module order by id))::bigint - leads as leads_before from measured;

-- What a lead is: when it is first dialed (in seconds since the beginning), how often, how far apart.
create unlogged table bench.leads as
select c.module, c.tenant_id, c.id as campaign_id, l.id as lead_id, c.first_day,
       86400 * (c.first_day - 6 + bench.pick(h.a, 0, c.days + 6))
         -- Calls are made from 8:00 to 20:00 of UTC+7, more in the middle of either half.
         + 3600 * (1 + (array[0, 0, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 10, 11])
                       [1 + bench.pick(h.a, 1, 28)])
         + bench.pick(h.a, 2, 3600) as first_second,
       (array[1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 5, 5, 6, 7])[1 + bench.pick(h.a, 3, 19)] as attempts,
       2400 + bench.pick(h.b, 0, 460) * bench.pick(h.b, 1, 460) as gap
from bench.campaigns c
cross join lateral generate_series(c.leads_before + 1, c.leads_before + c.leads) as l (id)
cross join lateral (select hashint8extended(l.id, 2) as a, hashint8extended(l.id, 3) as b offset 0) as h;
analyze bench.leads;

-- When the leads of a module are dialed. Retries that would fall into the night come the next morning, and
-- most of a Sunday's in the week.
create function bench.dials(of_module text)
    returns table (tenant_id bigint, campaign_id bigint, lead_id bigint, number int, is_last boolean, second int)
    language sql stable parallel safe
    as $$
        select tenant_id, campaign_id, lead_id, number, number = attempts,
               86400 * (day - 10 + case when day % 7 = 6 and bench.pick(hash, 1, 100) < 85
                               then 1 + bench.pick(hash, 2, 5) else 0 end) + second_of_day
        from (
            select *, asked / 86400 + case when asked % 86400 >= 46800 then 1 else 0 end as day,
                   case when asked % 86400 between 3600 and 46799 then asked % 86400
                        else 3600 + bench.pick(hash, 0, 43200) end as second_of_day
            from (
                select l.*, n.number, hashint8extended(l.lead_id * 16 + n.number, 4) as hash,
                       -- Ten days on, so that none is negative while days are counted; the 14th is a Sunday.
                       864000 + l.first_second + (n.number - 1) * l.gap as asked
                from bench.leads l
                cross join lateral generate_series(1, l.attempts) as n (number)
                where l.module = of_module
                offset 0
            ) as wanted
        ) as moved
    $$;
