-- Columns of Telesales lead l and its dials a as clients see them. Names and data are shown with the phone only.
l.id,
l.campaign_id,
{{phone}} as phone_number,
callboard_short(l.source) as source,
{{full_name}} as full_name,
{{payload}} as payload,
a.total_dials,
a.last_dial_at,
a.last_result,
l.created_at
