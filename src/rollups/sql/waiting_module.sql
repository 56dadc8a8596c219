select '{{module}}' as module,
       exists (select from rollup_stale where tenant_id = $1 and module = '{{module}}') as stale,
       {{pending}} as pending
