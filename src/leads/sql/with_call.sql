-- True for a lead l with a call that passes.
exists (
    select
    from {{table}} {{call}}
    where {{call}}.tenant_id = $1
      and {{call}}.lead_id = l.id
      and {{conditions}}
{{apart}})
