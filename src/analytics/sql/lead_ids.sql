-- Leads of the attempts that match the filters.
select a.lead_id as id
{{attempts}}
