-- Answered attempts by deciding key (the last one pressed), in the order 0 to 9, *, #.
-- $2 campaign; the plan of the window.
select coalesce(sum(no_input), 0) as no_input,
       array[sum(key_0), sum(key_1), sum(key_2), sum(key_3), sum(key_4), sum(key_5), sum(key_6), sum(key_7),
             sum(key_8), sum(key_9), sum(key_star), sum(key_hash)] as keys
from {{rolled autocall_totals scope=campaign campaign=$2}} r
