-- Kept records of call $2 of product $3: the first $4, until they have $5 bytes together.
select source, received_at, fields
from (
    select kept.*, sum(octet_length(fields::text)) over (
        order by place rows between unbounded preceding and 1 preceding
    ) as before
    from (
        select leg.source, leg.received_at, leg.fields,
               row_number() over (order by leg.received_at, leg.source, leg.key) as place
        from dialer_calls call
        join dialer_legs leg on leg.tenant_id = $1 and leg.source = call.source and leg.call = call.id
        where call.tenant_id = $1 and call.source = any (array['freeswitch', 'asterisk', 'vicidial'])
          and call.id = $2 and call.module = $3 and call.ignored is null and leg.fields is not null
        order by place
        limit $4
    ) as kept
) as measured
where coalesce(before, 0) < $5
order by place
