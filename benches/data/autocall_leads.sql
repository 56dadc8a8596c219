-- AutoCall leads, each created some minutes to hours before it is first dialed.
insert into autocall_leads (tenant_id, id, campaign_id, phone, phone_as_sent, external_ref, payload, status, created_at)
select tenant_id, lead_id, campaign_id, '84' || 900000000 + lead_id, '0' || 900000000 + lead_id, 'ref-' || lead_id,
       case bench.pick(hash, 0, 4) when 0 then '{}'::jsonb when 1 then '{"segment": "gold"}' when 2 then '{"segment": "new"}'
            else '{"segment": "new", "age": 31}' end || jsonb_build_object('city', 'City ' || bench.pick(hash, 3, 1000)),
       (array['completed', 'completed', 'completed', 'failed', 'retry', 'max_attempts_reached', 'pending', 'dnc'])
         [1 + bench.pick(hash, 1, 8)],
       bench.begins() + (first_second - 600 - bench.pick(hash, 2, 10000)) * interval '1 second'
from (select *, hashint8extended(lead_id, 5) as hash from bench.leads where module = 'autocall' offset 0) as leads
