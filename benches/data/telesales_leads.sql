-- Telesales leads of eight sources, none at all being one, created some minutes to hours before they are first dialed.
insert into telesales_leads (tenant_id, id, campaign_id, phone, phone_as_sent, source, full_name, created_at)
select tenant_id, lead_id, campaign_id, '84' || 300000000 + lead_id, '0' || 300000000 + lead_id,
       (array['facebook', 'facebook', 'facebook', 'google', 'google', 'zalo', 'zalo', 'website', 'referral', 'event',
              'import', null])[1 + bench.pick(hash, 0, 12)],
       'Lead ' || lead_id,
       bench.begins() + (first_second - 600 - bench.pick(hash, 2, 10000)) * interval '1 second'
from (select *, hashint8extended(lead_id, 6) as hash from bench.leads where module = 'telesales' offset 0) as leads
