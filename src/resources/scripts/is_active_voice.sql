-- True if a voice is active. $2 id.
select exists (
    select
    from voices
    where tenant_id = $1 and id = $2 and status = 'active'
)
