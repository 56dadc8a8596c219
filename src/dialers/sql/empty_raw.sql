-- Empties the oldest $3 records from before $2.
with old as (
    select source, key from dialer_legs where tenant_id = $1 and fields is not null and received_at < $2
    order by source, key limit $3 for update skip locked
)
update dialer_legs as leg set fields = null from old
where leg.tenant_id = $1 and leg.source = old.source and leg.key = old.key
