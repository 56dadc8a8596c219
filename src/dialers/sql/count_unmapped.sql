select count(*) from (
    select from dialer_calls where tenant_id = $1 and is_unmapped group by source, vocabulary, ending
) as endings
