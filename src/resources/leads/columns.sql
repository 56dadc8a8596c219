-- Columns of lead l and its attempts a as clients see them.
l.id,
l.campaign_id,
{{phone}} as phone_number,
{{external_ref}} as external_ref,
l.payload,
l.status,
coalesce(a.total_attempts, 0) as total_attempts,
a.last_attempt_at,
a.last_result,
l.created_at
