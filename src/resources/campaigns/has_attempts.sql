-- True if a campaign has attempts. $2 id.
select exists (
    select
    from autocall_attempts
    where tenant_id = $1 and campaign_id = $2
)
