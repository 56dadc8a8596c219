-- The counters of a campaign's attempts in a window. $2 campaign; the plan of all time that has rows, then that of the window.
select (select coalesce(sum(leads), 0)
        from {{rolled autocall_lead_totals scope=campaign campaign=$2 plan=leads}} r) as total_leads,
       coalesce(sum(dialed), 0) as dialed,
       coalesce(sum(answered), 0) as answered,
       coalesce(sum(no_answer), 0) as no_answer,
       coalesce(sum(busy), 0) as busy,
       coalesce(sum(failed), 0) as failed,
       coalesce(sum(abandoned), 0) as abandoned,
       coalesce(sum(talk_sec), 0)::bigint as talk_sec,
       coalesce(sum(handed_over), 0) as handed_over,
       coalesce(sum(connected), 0) as connected,
       coalesce(sum(no_input), 0) as no_input,
       array[sum(key_0), sum(key_1), sum(key_2), sum(key_3), sum(key_4), sum(key_5), sum(key_6), sum(key_7),
             sum(key_8), sum(key_9), sum(key_star), sum(key_hash)] as keys
from {{rolled autocall_totals scope=campaign campaign=$2}} r
