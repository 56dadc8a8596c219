-- True if a lead has attempts. $2 id.
select exists (
    select
    from autocall_attempts
    where tenant_id = $1 and lead_id = $2
)
