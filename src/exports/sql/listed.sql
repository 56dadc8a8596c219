-- A page of exports of all kinds, newest first. $2 true for those of campaigns, $3 true for those of calls, $4 status or null, $5 user or
-- null, $6 now, $7 limit, $8 offset. A file past its expiry counts as deleted.
select e.id, e.report_type, e.status, e.error, e.progress_pct, e.file_name, e.file_size, e.completed_at, e.expires_at,
       e.campaign_id,
       callboard_short(c.name) as campaign_name,
       e.format,
       coalesce(
           e.asked::json -> 5 ->> 'lang',
           e.asked::json -> 'calls' ->> 'lang',
           e.asked::json -> 'compliance' ->> 'lang'
       ) as lang,
       coalesce(
           (select min(t.value) from jsonb_each_text(
                case jsonb_typeof(e.asked::jsonb -> 5 -> 'templates')
                    when 'object' then e.asked::jsonb -> 5 -> 'templates' else '{}' end) t),
           e.asked::json -> 'calls' ->> 'template'
       ) as template,
       e.timezone,
       e.window_from,
       e.window_to,
       e.created_by,
       u.username as created_by_username,
       e.created_at,
       e.rows_written,
       e.rows_expected
from exports e
left join autocall_campaigns c on c.tenant_id = $1 and c.id = e.campaign_id
left join users u on u.tenant_id = $1 and u.id = e.created_by
where e.tenant_id = $1
  and case when e.campaign_id is null then $3 else $2 end
  and ($4::text is null or $4 = case when e.status = 'ready' and e.expires_at <= $6 then 'expired' else e.status end)
  and ($5::bigint is null or e.created_by = $5)
order by e.created_at desc, e.id desc
limit $7 offset $8
