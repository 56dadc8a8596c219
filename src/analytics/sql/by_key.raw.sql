-- Counters of attempts by key, from rows.
select
    {{key}} as key,
    count(*) as calls,
    count(*) filter (where a.result = 'answered') as answered,
    coalesce(sum(a.billsec) filter (where a.result = 'answered'), 0)::bigint as seconds,
    min(a.billsec) filter (where a.result = 'answered') as shortest,
    max(a.billsec) filter (where a.result = 'answered') as longest
{{attempts}}
group by 1
