-- The leads whose payload has every key of $2, each with its value there. Found by terms, which hardly ever agree where
-- key or value do not; then by the payloads themselves.
with wanted as (
    select array(select callboard_terms($2)) as terms
), found as (
    select t.lead_id
    from autocall_lead_terms t
    where t.tenant_id = $1 and t.term = any ((select terms from wanted)::bigint[])
    group by t.lead_id
    having count(*) >= (select cardinality(terms) from wanted)
)
select l.id
from found f
join autocall_leads l on l.tenant_id = $1 and l.id = f.lead_id
where l.payload @> $2
order by l.id
