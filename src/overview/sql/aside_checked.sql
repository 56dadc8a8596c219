-- True if the tenant has a campaign, and the number of warnings that a user has put aside. $2 user, $3 now, $4 product, $5 campaign;
-- null for none.
select case when $5::bigint is null then true
            when $4 = 'autocall' then exists (select from autocall_campaigns where tenant_id = $1 and id = $5)
            else exists (select from telesales_campaigns where tenant_id = $1 and id = $5)
       end as is_known,
       (select count(*) from warnings_aside where tenant_id = $1 and user_id = $2 and until > $3) as count
