-- Rows whose name contains a text. $2 the text, $3 true if those of AutoCall may be read, $4 true if those of Telesales may,
-- $5 the most rows of a kind.
select kind, id, name
from (
    (
        select 'autocall_campaign' as kind, r.id::text as id, callboard_short(r.name) as name
        from autocall_campaigns r
        where r.tenant_id = $1
          and $3
          and strpos(callboard_unmarked(r.name), (select callboard_unmarked($2))) > 0
        order by r.name collate "C", r.id
        limit $5
    )
    union all
    (
        select 'telesales_campaign', r.id::text, callboard_short(r.name)
        from telesales_campaigns r
        where r.tenant_id = $1
          and $4
          and strpos(callboard_unmarked(r.name), (select callboard_unmarked($2))) > 0
        order by r.name collate "C", r.id
        limit $5
    )
    union all
    (
        select 'team', r.id::text, callboard_short(r.name)
        from teams r
        where r.tenant_id = $1
          and $4
          and strpos(callboard_unmarked(r.name), (select callboard_unmarked($2))) > 0
        order by r.name collate "C", r.id
        limit $5
    )
    union all
    (
        select 'agent', r.id::text, callboard_short(r.name)
        from agents r
        where r.tenant_id = $1
          and $4
          and (strpos(callboard_unmarked(r.name), (select callboard_unmarked($2))) > 0
               or strpos(callboard_unmarked(r.username), (select callboard_unmarked($2))) > 0)
        order by r.name collate "C", r.id
        limit $5
    )
    union all
    (
        select 'disposition', r.code, callboard_short(r.label)
        from dispositions r
        where r.tenant_id = $1
          and $4
          and (strpos(callboard_unmarked(r.label), (select callboard_unmarked($2))) > 0
               or strpos(callboard_unmarked(r.code), (select callboard_unmarked($2))) > 0)
        order by r.label collate "C", r.code
        limit $5
    )
    union all
    (
        select 'caller_id', r.cid, callboard_short(coalesce(r.display_name, r.cid))
        from caller_ids r
        where r.tenant_id = $1
          and $4
          and (strpos(callboard_unmarked(r.cid), (select callboard_unmarked($2))) > 0
               or strpos(callboard_unmarked(r.display_name), (select callboard_unmarked($2))) > 0)
        order by r.cid
        limit $5
    )
) as found
order by name collate "C", kind, id
